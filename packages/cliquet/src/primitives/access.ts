/** What a request does with what is kept: reads and writes may wait in different lines. */
export type Access = 'read' | 'write'
