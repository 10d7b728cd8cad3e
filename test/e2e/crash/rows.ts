// The ways in which a process ends, and what is in the receiver then, without a spool folder and with one.

/** How the request, or this program, ends the service. */
export interface CrashRow {
  readonly title: string;
  readonly path: string;
  /** This program kills the service, so long after the answer, or after the request was sent. */
  readonly kill?: { readonly after: "answer" | "request"; readonly ms: number };
  /** Exit code or signal, which are those of a process without the library. */
  readonly ends: number | NodeJS.Signals;
  /** How often the request is in the receiver after the restart; `maybe`: at most once. */
  readonly without: 0 | 1 | "maybe";
  readonly withSpool: 0 | 1 | "maybe";
  /** How the service itself saw the request. @default failed */
  readonly verdict?: "handled";
}

const A_SECOND_LATER = { after: "answer", ms: 1_000 } as const;

export const ROWS: readonly CrashRow[] = [
  { title: "uncaught exception in a request", path: "/throws", ends: 1, without: 0, withSpool: 1 },
  { title: "unhandled rejection in a request", path: "/rejects", ends: 1, without: 0, withSpool: 1 },
  { title: "exception, handler exits", path: "/handler-exits", ends: 7, without: 0, withSpool: 1 },
  {
    title: "exception, handler goes on, 500",
    path: "/handler-goes-on",
    kill: A_SECOND_LATER,
    ends: "SIGKILL",
    without: 1,
    withSpool: 1,
  },
  { title: "exception, exit listener throws", path: "/listeners-throw", ends: 1, without: 0, withSpool: 1 },
  // Nobody knows how it would have ended: a call beneath had failed.
  {
    title: "process.exit, a call has failed",
    path: "/exits",
    ends: 3,
    without: 0,
    withSpool: 1,
    verdict: "handled",
  },
  { title: "process.exit when the 500 is sent", path: "/exits-when-sent", ends: 4, without: 0, withSpool: 1 },
  {
    title: "process.exit after the 500",
    path: "/exits-when-closed",
    ends: 5,
    without: "maybe",
    withSpool: 1,
  },
  { title: "process.exit 16 ms after the 500", path: "/exits-soon", ends: 8, without: "maybe", withSpool: 1 },
  { title: "process.exit 1 s after the 500", path: "/exits-later", ends: 6, without: 1, withSpool: 1 },
  {
    title: "SIGKILL 1 s after the 500",
    path: "/fails",
    kill: A_SECOND_LATER,
    ends: "SIGKILL",
    without: 1,
    withSpool: 1,
  },
  {
    title: "SIGKILL at the 500",
    path: "/fails",
    kill: { after: "answer", ms: 0 },
    ends: "SIGKILL",
    without: "maybe",
    withSpool: "maybe",
  },
  {
    title: "SIGKILL in a failing request",
    path: "/hangs-after-failure",
    kill: { after: "request", ms: 1_000 },
    ends: "SIGKILL",
    without: 0,
    withSpool: 0,
  },
  { title: "process.abort in a failing request", path: "/aborts", ends: "SIGABRT", without: 0, withSpool: 0 },
  { title: "process.exit, nothing failed", path: "/exits-well", ends: 0, without: 0, withSpool: 0 },
];
