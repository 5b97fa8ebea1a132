import { writeFileSync } from 'node:fs'

// Loaded into a process before its program: at the end it writes the most memory that the process ever had, in KiB.
const file = process.env.BENCH_PEAK_FILE
if (file !== undefined) process.on('exit', () => writeFileSync(file, String(process.resourceUsage().maxRSS)))
