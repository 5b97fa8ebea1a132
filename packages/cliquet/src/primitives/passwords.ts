/** What is shown in place of a secret. */
export const MASK = '***'

/** The text without the passwords of the URLs in it: those before the host, and parameters that are called so. */
export const withoutPasswords = (text: string): string =>
  text
    .replace(/(\b[a-z][a-z0-9+.-]*:\/\/[^\s/?#:@]*):\S*@/gi, `$1:${MASK}@`)
    .replace(/([?&][\w-]*(?:password|secret|token)[\w-]*=)[^\s&#]*/gi, `$1${MASK}`)
