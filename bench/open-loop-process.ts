import { type OpenLoad, runOpenLoad } from './open-loop.ts'

// A generator in a process of its own, so that nothing else is measured: it does the first load that it is told, and tells what came of it.
process.once('message', (load: OpenLoad) => {
  // Bytes come as plain arrays of them.
  const requests = load.requests.map((request) => Buffer.from(request))
  void runOpenLoad({ ...load, requests }).then((results) => process.send?.(results, () => process.disconnect()))
})
