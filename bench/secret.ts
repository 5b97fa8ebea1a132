/** The key of the user ids on both servers. */
export const SECRET = 'a secret for the bench'
