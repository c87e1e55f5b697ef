import { ConfigurationError } from '../base/configuration-error.ts'

/** What messages about the bus begin with: the option. */
export const BUS_OPTION = '--bus'

/** Why a bus cannot be used as it is configured. The reason never has a password, nor a whole URL. */
export const refusedBus = (reason: string, cause?: unknown) => new ConfigurationError(BUS_OPTION, reason, cause)

/** Whether Node and OpenSSL call a certificate so that is not to be trusted. */
export const isCertificateProblem = (code: string): boolean => /CERT|SELF_SIGNED|UNABLE_TO_|ALTNAME/.test(code)
