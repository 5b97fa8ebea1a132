/** Loaded before a program (`--import shifted-clock.ts?ms=5000`): its clock is so many ms ahead. */
const shift = Number(new URL(import.meta.url).searchParams.get('ms'))
const now = Date.now

Date.now = () => now() + shift
globalThis.Date = new Proxy(Date, {
  construct: (target, args, type) => Reflect.construct(target, args.length === 0 ? [target.now()] : args, type),
})
