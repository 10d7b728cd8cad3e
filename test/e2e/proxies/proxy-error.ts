// The error of this program that a person can act on: shown as one line, without a stack trace.

/** Something that the person at the keyboard can put right: an option, a missing package, a proxy that does not start. */
export class ProxyError extends Error {
  override readonly name = "ProxyError";
  readonly code = "PROXY";
}
