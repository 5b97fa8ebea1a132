import type { LogRenderer, RendererOptions } from '../contract.ts'

/** Lines as they are: one JSON object each, for programs that gather logs. */
export const createRenderer = ({ output }: RendererOptions): LogRenderer => output
