import { connect } from 'node:net'

/** Sends one line to a server and resolves to what it says, up to the mark that ends the answer. @throws when that takes longer than 2 s */
export function ask(port: number, line: string, mark = '\r\n', host = '127.0.0.1'): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = ''
    const socket = connect(port, host, () => socket.write(`${line}\r\n`))
    const fail = (error: Error): void => {
      socket.destroy()
      reject(error)
    }
    socket.setEncoding('utf8').setTimeout(2000, () => fail(new Error(`port ${port} says nothing`)))
    socket.on('error', fail)
    socket.on('close', () => reject(new Error(`port ${port} closes the connection`)))
    socket.on('data', (text: string) => {
      answer += text
      if (!answer.includes(mark)) return
      socket.destroy()
      resolve(answer)
    })
  })
}
