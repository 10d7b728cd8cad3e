// Recognises kinds of errors: mistakes of the program, and texts of the network.
import { isForeignGeneric, isForeignMistake } from "../../spans/foreign-errors.ts";

/** Classes of errors that a mistake in the program throws. Source: ECMA-262, "Native Error Types"; node:assert. */
const MISTAKES: ReadonlySet<string> = new Set([
  "TypeError",
  "ReferenceError",
  "RangeError",
  "SyntaxError",
  "URIError",
  "EvalError",
  "AssertionError",
  "MODULE_NOT_FOUND",
]);

/** Node's own errors that only a mistake in the program leads to. Source: Node.js, "Node.js error codes". */
const NODE_MISTAKES =
  /^ERR_(?:INVALID_|ASSERTION$|HTTP_HEADERS_SENT$|HTTP_INVALID_|HTTP_BODY_NOT_ALLOWED$|HTTP_CONTENT_LENGTH_MISMATCH$|OUT_OF_RANGE$|MISSING_ARGS$|METHOD_NOT_IMPLEMENTED$|BUFFER_OUT_OF_BOUNDS$|UNESCAPED_CHARACTERS$|UNKNOWN_ENCODING$|ILLEGAL_CONSTRUCTOR$|MODULE_NOT_FOUND$|STREAM_WRITE_AFTER_END$|STREAM_NULL_VALUES$|STREAM_PUSH_AFTER_EOF$|STREAM_CANNOT_PIPE$|MULTIPLE_CALLBACK$|UNHANDLED_ERROR$|AMBIGUOUS_ARGUMENT$|FALSY_VALUE_REJECTION$|USE_AFTER_CLOSE$)/;

/** True for an error that is a mistake of the program by its type. */
export function isMistake(type: string): boolean {
  return MISTAKES.has(type) || NODE_MISTAKES.test(type) || isForeignMistake(type);
}

/** Types that say no more than that something failed; mistakes differ by their text. */
const GENERIC_TYPES: ReadonlySet<string> = new Set([
  "Error",
  "error",
  "AggregateError",
  "HttpError",
  "HTTPError",
  "HttpException",
  "DatabaseError",
  "_OTHER",
]);

/** True for a type that many different failures have. */
export function isGeneric(type: string): boolean {
  return GENERIC_TYPES.has(type) || isMistake(type) || isForeignGeneric(type);
}

/** What clients say when no answer came, whichever call it was. */
const NETWORK =
  /(?<![a-z])(?:fetch failed|failed to fetch|network ?error|socket hang up|other side closed|premature close|(?:this|the) operation was aborted|request (?:was )?aborted|timeout of \d+ ?ms exceeded|timeout awaiting '?\w+'?|client network socket disconnected|(?:connect|headers|body) timeout error|getaddrinfo|connection (?:was )?(?:refused|reset|timed out|terminated))(?![a-z])|^(?:terminated|aborted|connection error|request timed out|timed out|timeout)$/;

/** True for a text that says that a call got no answer. */
export function isNetworkText(words: string): boolean {
  return NETWORK.test(words);
}

/** What JSON.parse says. Source: V8's messages.js, old and new. */
const JSON_TEXT =
  /(?:\bjson\b.*\b(?:position|input|at line)\b|\bis not valid json\b|unexpected end of json input|unexpected token .{0,20} in json|unexpected end of input|no number after minus sign in json|bad control character in string literal in json|expected property name .* in json)/;

/** True for a text that says that something was no JSON. */
export function isJsonText(words: string): boolean {
  return JSON_TEXT.test(words);
}

/** A code of a system call or of a client in a text, as `connect ECONNREFUSED 10.0.0.7:80` has it; in capitals. */
const ERRNO = /(?<![a-z0-9_])(e[a-z]{3,15}|eai_[a-z]+|und_err_[a-z_]+|err_[a-z_]+)(?![a-z0-9_])/g;

/** The types that a text in small letters may name. */
export function typesIn(words: string): string[] {
  return [...words.matchAll(ERRNO)].map(([, word = ""]) => word.toUpperCase());
}
