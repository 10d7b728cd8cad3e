// The instrumentation file of a program that is set up by hand.
export { onRequestError } from "otel-error-tree/next";
