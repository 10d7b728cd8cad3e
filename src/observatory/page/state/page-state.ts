// Says what the page holds at a moment.
import type { Doubts, Failure, Picture, RenderedTree } from "../../graph/picture.ts";
import type { Layout } from "../pure/layout.ts";
import { FIRST_VIEW, type ViewState } from "../pure/view-state.ts";

/** How the connection to the server stands. `since` is a time of the browser's clock. */
interface Connection {
  readonly phase: "connecting" | "open" | "lost" | "refused";
  readonly since: number;
  /** Why it is lost. */
  readonly reason?: string;
}

/** A picture, and when it came, by the browser's clock. */
interface Received {
  readonly picture: Picture;
  readonly at: number;
}

/** The time by the server's clock, which may be another one than the browser's. In milliseconds since the epoch. */
export function serverTime(live: Received | undefined, now: number): number {
  return live === undefined ? now : now - live.at + live.picture.at;
}

/** The tree beside the list of failures. */
export type ShownTree =
  | { readonly phase: "none" }
  | { readonly phase: "loading"; readonly of: string }
  | { readonly phase: "shown"; readonly of: string; readonly tree: RenderedTree }
  | { readonly phase: "failed"; readonly of: string; readonly reason: string };

/** A dialog that is open. */
export type Dialog = "paste" | "keys" | "token";

/** What the page holds. */
export interface PageState {
  readonly view: ViewState;
  /** The newest live picture; absent before the first. */
  readonly live: Received | undefined;
  /** What is shown: the newest, the one at which the reader paused, or one of the past. */
  readonly shown: Received | undefined;
  /** What is compared with. */
  readonly before: Picture | undefined;
  readonly doubts: Doubts | undefined;
  readonly connection: Connection;
  readonly isPaused: boolean;
  /** Live pictures that came since the reader paused. */
  readonly held: number;
  /** Newest first. */
  readonly failures: readonly Failure[];
  readonly tree: ShownTree;
  readonly dialog: Dialog | undefined;
  /** Nodes whose folded edges the reader asked for. */
  readonly opened: ReadonlySet<string>;
  /** True if keys of one letter do something. */
  readonly hasKeys: boolean;
  /** Where everything stands; of a graph that was drawn before until that of the newest is there. */
  readonly layout: Layout | undefined;
  /** What a screen reader is told. */
  readonly said: string;
  /** Why the picture of the past could not be had. */
  readonly problem: string | undefined;
}

/** What the page holds before anything came. */
export function firstState(view: ViewState = FIRST_VIEW): PageState {
  return {
    view,
    live: undefined,
    shown: undefined,
    before: undefined,
    doubts: undefined,
    connection: { phase: "connecting", since: Date.now() },
    isPaused: false,
    held: 0,
    failures: [],
    tree: { phase: "none" },
    dialog: undefined,
    opened: new Set(),
    hasKeys: true,
    layout: undefined,
    said: "",
    problem: undefined,
  };
}
