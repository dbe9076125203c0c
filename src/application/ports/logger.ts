/** Structured logging, as pino has it. No secrets, no bytes of images. */
export interface Logger {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}
