// The adapter with the types of Next.js: it is what Next.js wants of an instrumentation file.
import type { Instrumentation } from "next";
import { onRequestError } from "otel-error-tree/next";

const report: Instrumentation.onRequestError = onRequestError;
export const onRequestErrorToo: Instrumentation.onRequestError = async (error, request, context) => {
  onRequestError(error, request, context);
  await report(error, request, context);
};
