/** What `work` comes to, unless it takes longer than so many ms: then it fails with what `late` makes, and nobody hears what it comes to. */
export async function inTime<T>(work: T | Promise<T>, limit: number, late: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const end = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), limit)
  })
  try {
    return await Promise.race([work, end])
  } finally {
    clearTimeout(timer)
  }
}
