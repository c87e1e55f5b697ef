export const CONFIGURATION_KINDS = ['gateway', 'server'] as const
export type ConfigurationKind = (typeof CONFIGURATION_KINDS)[number]

export const isConfigurationKind = (text: string): text is ConfigurationKind =>
  CONFIGURATION_KINDS.some((kind) => kind === text)
