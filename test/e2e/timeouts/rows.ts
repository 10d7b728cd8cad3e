// Every way in which a call ends without an answer, or in its midst, and what the caller's tree says of it.

/** A call in one of the caller's ways. */
export interface Call {
  readonly way: string;
  readonly to: string | URL;
  readonly scheme?: "https";
  readonly times?: number;
  /** What happens to it: the callee resets or hangs up when it is being answered, the caller gives up before. */
  readonly meanwhile?: "resets" | "hangs up" | "gives up";
}

const NOWHERE = new URL("http://callee.invalid/");
const PART = "sends part of an answer";

/** A call, and what the tree says of it: code, error type, message and mark. */
/** `why` is the error that the program aborted with, which node keeps as the cause of its own. */
export type Row = readonly [name: string, call: Call, leaf: string, peer?: string | undefined, why?: string];

const REFUSED = "unavailable: ECONNREFUSED: connect ECONNREFUSED 127.0.0.1:PORT  [no response]";
const UNKNOWN_HOST = "unavailable: ENOTFOUND: getaddrinfo ENOTFOUND callee.invalid  [no response]";
const SELF_SIGNED = "unavailable: DEPTH_ZERO_SELF_SIGNED_CERT: self-signed certificate  [no response]";
const HUNG_UP = "unavailable: ECONNRESET: socket hang up  [no response]";
const OTHER_CLOSED = "unavailable: UND_ERR_SOCKET: other side closed  [no response]";
const RESET = "unavailable: ECONNRESET: read ECONNRESET  [no response]";
const RESET_IN_BODY = "unavailable: ECONNRESET: read ECONNRESET  [the callee did not say why]";

/** The network, or the other side, ended the call: a failure, whatever the caller makes of it. */
export const BROKEN: readonly Row[] = [
  ["no such name", { way: "/http", to: NOWHERE }, UNKNOWN_HOST, "callee.invalid"],
  ["no such name", { way: "/fetch", to: NOWHERE }, UNKNOWN_HOST, "callee.invalid"],
  ["refused", { way: "/http", to: "nobody" }, REFUSED],
  ["refused", { way: "/fetch", to: "nobody" }, REFUSED],
  ["reset before the answer", { way: "/http", to: "resets" }, RESET],
  ["reset before the answer", { way: "/fetch", to: "resets" }, RESET],
  ["closed before the answer", { way: "/http", to: "hangs up" }, HUNG_UP],
  ["closed before the answer", { way: "/fetch", to: "hangs up" }, OTHER_CLOSED],
  ["reset in mid-body", { way: "/http", to: PART, meanwhile: "resets" }, RESET_IN_BODY],
  ["reset in mid-body", { way: "/fetch", to: PART, meanwhile: "resets" }, RESET_IN_BODY],
  [
    "closed in mid-body",
    { way: "/http", to: PART, meanwhile: "hangs up" },
    "unavailable: ECONNRESET: aborted  [the callee did not say why]",
  ],
  [
    "closed in mid-body",
    { way: "/fetch", to: PART, meanwhile: "hangs up" },
    "unavailable: UND_ERR_SOCKET: other side closed  [the callee did not say why]",
  ],
  ["closed while kept alive", { way: "/http/kept-alive", to: "closes a kept connection", times: 2 }, HUNG_UP],
  [
    "closed while kept alive",
    { way: "/fetch/kept-alive", to: "closes a kept connection", times: 2 },
    OTHER_CLOSED,
  ],
  [
    "a self-signed certificate",
    { way: "/http", to: "has a certificate of its own", scheme: "https" },
    SELF_SIGNED,
  ],
  [
    "a self-signed certificate",
    { way: "/fetch", to: "has a certificate of its own", scheme: "https" },
    SELF_SIGNED,
  ],
  [
    "no TLS there",
    { way: "/http", to: "speaks something else", scheme: "https" },
    "unavailable: EPROTO: (openssl)  [no response]",
  ],
  [
    "no TLS there",
    { way: "/fetch", to: "speaks something else", scheme: "https" },
    "unavailable: ERR_SSL_WRONG_VERSION_NUMBER: (openssl)  [no response]",
  ],
  ["TLS where none was expected", { way: "/http", to: "has a certificate of its own" }, HUNG_UP],
  ["TLS where none was expected", { way: "/fetch", to: "has a certificate of its own" }, OTHER_CLOSED],
  [
    "no HTTP there",
    { way: "/http", to: "speaks something else" },
    "unavailable: HPE_INVALID_CONSTANT: Parse Error: Expected HTTP/, RTSP/ or ICE/  [no response]",
  ],
  [
    "no HTTP there",
    { way: "/fetch", to: "speaks something else" },
    "unavailable: HTTPParserError: Response does not match the HTTP/1.1 protocol (Expected HTTP/, RTSP/ or ICE/)  [no response]",
  ],
];

const LATE = "deadline-exceeded: TimeoutError: The operation was aborted";
const FETCH_LATE = `${LATE} due to timeout`;
const NEVER = "never answers";

/** The caller's own limit of time ended the call. */
export const WAITED_NO_LONGER: readonly Row[] = [
  ["AbortSignal.timeout", { way: "/http/signal-timeout", to: NEVER }, `${LATE}  [no response]`],
  ["AbortSignal.timeout", { way: "/fetch/signal-timeout", to: NEVER }, `${FETCH_LATE}  [no response]`],
  [
    "AbortSignal.timeout in the body",
    { way: "/http/signal-timeout-in-body", to: PART },
    "deadline-exceeded: TimeoutError: aborted  [the callee did not say why]",
  ],
  [
    "a timer that aborts with a reason",
    { way: "/http/abort-by-timer-with-reason", to: NEVER },
    `${LATE}  [no response]`,
  ],
  [
    "a timer that aborts with a reason",
    { way: "/fetch/abort-by-timer-with-reason", to: NEVER },
    "deadline-exceeded: TimeoutError: too slow  [no response]",
  ],
  [
    "request.setTimeout and destroy",
    { way: "/http/set-timeout", to: NEVER },
    "deadline-exceeded: ECONNRESET: socket hang up  [no response]",
  ],
  [
    "request.setTimeout and destroy with an error",
    { way: "/http/set-timeout-with-error", to: NEVER },
    "deadline-exceeded: TooSlow: no answer in time  [no response]",
  ],
  [
    "request.setTimeout and destroy in the body",
    { way: "/http/set-timeout-in-body", to: PART },
    "deadline-exceeded: ECONNRESET: aborted  [the callee did not say why]",
  ],
  [
    "the option timeout",
    { way: "/http/option-timeout", to: NEVER },
    "deadline-exceeded: ECONNRESET: socket hang up  [no response]",
  ],
  [
    "the agent's timeout",
    { way: "/http/agent-timeout", to: NEVER },
    "deadline-exceeded: ECONNRESET: socket hang up  [no response]",
  ],
  [
    "headersTimeout",
    { way: "/fetch/headers-timeout", to: NEVER },
    "deadline-exceeded: UND_ERR_HEADERS_TIMEOUT: Headers Timeout Error  [no response]",
  ],
  [
    "bodyTimeout",
    { way: "/fetch/body-timeout", to: PART },
    "deadline-exceeded: UND_ERR_BODY_TIMEOUT: Body Timeout Error  [the callee did not say why]",
  ],
  [
    "connectTimeout",
    { way: "/fetch/connect-timeout", to: NEVER, scheme: "https" },
    "deadline-exceeded: UND_ERR_CONNECT_TIMEOUT: Connect Timeout Error (attempted address: 127.0.0.1:PORT, timeout: 50ms)  [no response]",
  ],
];

const HTTP_ABORTED = "cancelled: AbortError: The operation was aborted";
const WITHOUT_REASON = "AbortError: This operation was aborted";
const FETCH_ABORTED = "cancelled: AbortError: This operation was aborted";

/** The caller ended the call and does not say that it was for want of time. */
export const CANCELLED: readonly Row[] = [
  [
    "a timer that aborts",
    { way: "/http/abort-by-timer", to: NEVER },
    `${HTTP_ABORTED}  [no response]`,
    undefined,
    WITHOUT_REASON,
  ],
  ["a timer that aborts", { way: "/fetch/abort-by-timer", to: NEVER }, `${FETCH_ABORTED}  [no response]`],
  [
    "a timer that aborts with an error of the program's own",
    { way: "/fetch/abort-by-timer-with-error", to: NEVER },
    "cancelled: TooSlow: no answer in time  [no response]",
  ],
  [
    "lost interest",
    { way: "/http/lost-interest", to: NEVER, meanwhile: "gives up" },
    `${HTTP_ABORTED}  [no response]`,
    undefined,
    WITHOUT_REASON,
  ],
  [
    "lost interest",
    { way: "/fetch/lost-interest", to: NEVER, meanwhile: "gives up" },
    `${FETCH_ABORTED}  [no response]`,
  ],
  [
    "lost interest, and says why",
    { way: "/http/lost-interest-with-reason", to: NEVER, meanwhile: "gives up" },
    `${HTTP_ABORTED}  [no response]`,
    undefined,
    "another was faster",
  ],
  [
    "lost interest, and says why",
    { way: "/fetch/lost-interest-with-reason", to: NEVER, meanwhile: "gives up" },
    "cancelled: AbortError: another was faster  [no response]",
  ],
  [
    "lost interest and destroyed the request",
    { way: "/http/lost-interest-destroy", to: NEVER, meanwhile: "gives up" },
    "cancelled: ECONNRESET: socket hang up  [no response]",
  ],
  [
    "lost interest when the agent's limit, to which nobody listens, had passed",
    { way: "/http/lost-interest-late", to: NEVER, meanwhile: "gives up" },
    "cancelled: ECONNRESET: socket hang up  [no response]",
  ],
  [
    "lost interest in the body",
    { way: "/http/abort-in-body", to: PART },
    `${HTTP_ABORTED}  [the callee did not say why]`,
    undefined,
    WITHOUT_REASON,
  ],
  [
    "lost interest in the body",
    { way: "/fetch/abort-in-body", to: PART },
    `${FETCH_ABORTED}  [the callee did not say why]`,
  ],
  [
    "destroyed the request in the body",
    { way: "/http/destroy-in-body", to: PART },
    "cancelled: ECONNRESET: aborted  [the callee did not say why]",
  ],
];
