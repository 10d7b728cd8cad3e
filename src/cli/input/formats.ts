// Lists every kind of JSON document, in the order in which they are tried.
import type { DocumentFormat } from "./document-format.ts";
import { JAEGER_FORMATS } from "./jaeger.ts";
import { OTLP_FORMATS } from "./otlp.ts";
import { LOG_LINE, REFUSED_FORMATS, UNKNOWN_SPAN } from "./refused.ts";
import { EMPTY, WRAPPER } from "./wrappers.ts";
import { ZIPKIN } from "./zipkin.ts";
import { ZIPKIN_V1 } from "./zipkin-v1.ts";

/** What is read comes first, then what is refused by name, then what may hold any of both. */
export const DOCUMENT_FORMATS: readonly DocumentFormat[] = [
  ...OTLP_FORMATS,
  ...JAEGER_FORMATS,
  ZIPKIN_V1,
  ZIPKIN,
  EMPTY,
  ...REFUSED_FORMATS,
  WRAPPER,
  LOG_LINE,
  UNKNOWN_SPAN,
];
