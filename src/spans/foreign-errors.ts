// Knows error types of Java, .NET, Python, Go, Ruby and PHP: their codes, and which are mistakes of the program or say nothing.
import type { Code } from "./code.ts";

/** By the name behind its package. */
const CODES_BY_NAME: ReadonlyMap<string, Code> = new Map(
  (
    [
      [
        "unavailable",
        "ConnectException UnknownHostException NoRouteToHostException HttpHostConnectException SocketException ClosedChannelException " +
          "SSLHandshakeException SSLException HttpRequestException NewConnectionError MaxRetryError ClientConnectorError gaierror " +
          "ServerDisconnectedError ConnectError RemoteProtocolError SSLError ConnectionError ConnectionFailed OpError DNSError " +
          "ConnectionRefusedError ConnectionResetError ConnectionAbortedError BrokenPipeError",
      ],
      [
        "deadline-exceeded",
        "SocketTimeoutException ConnectTimeoutException HttpTimeoutException HttpConnectTimeoutException ReadTimeoutException " +
          "TimeoutException ReadTimeout ConnectTimeout WriteTimeout PoolTimeout OpenTimeout Timeout ReadTimeoutError ServerTimeoutError " +
          "deadlineExceededError",
      ],
      ["cancelled", "CancelledError OperationCanceledException TaskCanceledException CancellationException"],
    ] as const
  ).flatMap(([code, names]) => names.split(" ").map((name) => [name, code] as const)),
);

/** Types that Python writes without a package, and that no library of Node.js has. */
const BUILT_IN = /^(?:Connection(?:Refused|Reset|Aborted)Error|BrokenPipeError)$/;

const MISTAKES: ReadonlySet<string> = new Set(
  (
    "NullPointerException ClassCastException IndexOutOfBoundsException ArrayIndexOutOfBoundsException " +
    "StringIndexOutOfBoundsException NegativeArraySizeException ArithmeticException UnsupportedOperationException " +
    "ConcurrentModificationException StackOverflowError NoSuchMethodError NoClassDefFoundError ClassNotFoundException " +
    "NullReferenceException IndexOutOfRangeException InvalidCastException ArgumentNullException ArgumentOutOfRangeException " +
    "DivideByZeroException KeyNotFoundException NotImplementedException " +
    "KeyError AttributeError IndexError NameError UnboundLocalError ZeroDivisionError ImportError ModuleNotFoundError " +
    "NotImplementedError RecursionError TypeError SyntaxError AssertionError " +
    "panic boundsError TypeAssertionError plainError " +
    "NoMethodError ArgumentError FrozenError LoadError DivisionByZeroError ArgumentCountError"
  ).split(" "),
);

const GENERIC: ReadonlySet<string> = new Set(
  "Exception RuntimeException RuntimeError StandardError Throwable errorString wrapError wrapErrors joinError fundamental".split(
    " ",
  ),
);

/** The code of a type that names its package, or is built into its language; `undefined` if it has none. */
export function codeFromForeignType(type: string): Code | undefined {
  const name = nameOf(type);
  return name !== type || BUILT_IN.test(type) ? CODES_BY_NAME.get(name) : undefined;
}

/** True for a type by which a language says that the program is wrong. */
export function isForeignMistake(type: string): boolean {
  return MISTAKES.has(nameOf(type)) || type.startsWith("runtime.");
}

/** True for a type that most errors of its language have. */
export function isForeignGeneric(type: string): boolean {
  return GENERIC.has(nameOf(type));
}

/** Without the package: `java.net.ConnectException`, `Net::ReadTimeout`, `*net.OpError`, `GuzzleHttp\Exception\ConnectException`. */
function nameOf(type: string): string {
  return type.slice(
    Math.max(type.lastIndexOf("."), type.lastIndexOf(":"), type.lastIndexOf("\\"), type.lastIndexOf("*")) + 1,
  );
}
