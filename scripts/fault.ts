/** One place where the repository breaks one of its rules. */
export interface Fault {
  /** Relative to the root, with `/`. */
  file: string
  /** From 1. */
  line: number
  /** What is wrong and, where it is not obvious, what to do instead. */
  message: string
}

/** `file:line message`, the form that editors and terminals turn into a link. */
export const formatFault = ({ file, line, message }: Fault): string => `${file}:${line} ${message}`

/** Prints the faults in order of place, then one line that counts; ends the process with 1 if there are any. */
export const reportFaults = (faults: Fault[], seen: string): void => {
  const ordered = faults.toSorted((a, b) => a.file.localeCompare(b.file) || a.line - b.line)
  for (const fault of ordered) console.log(formatFault(fault))
  console.log(`${seen}, ${faults.length} faults`)
  if (faults.length > 0) process.exitCode = 1
}
