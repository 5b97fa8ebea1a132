const secretNames = /secret|password|passwd|token|dsn|credential|(?:^|[._-])key$/i

/** Whether the name of somebody else's setting says that its value must not be shown. */
export const isSecretName = (name: string): boolean => secretNames.test(name)
