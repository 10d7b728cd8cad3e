// What a peer can be told to do, and what it says of it.

/** The head of a request as it came. */
export interface Head {
  readonly text: string;
  /** Second word of the first line. */
  readonly target: string;
  /** The peer's own address that was connected to; `unix` for a socket in the file system. */
  readonly at: string;
  /** What a `CONNECT` before it named. */
  readonly tunnel?: string;
}

/** How a peer answers. */
export interface Lie {
  readonly status: number;
  /** Value of the field; `ID` in it is replaced by what the request tells. Empty for no field at all. */
  readonly value: string;
  /** Further lines of the head. */
  readonly more?: readonly string[];
  /** Value of the field behind the body. */
  readonly trailer?: string;
  readonly upgrade?: boolean;
  /** Sends an informational response with the same value first. */
  readonly hints?: boolean;
  /** Answers with a tree of about so many nodes in place of the value. */
  readonly nodes?: number;
  /** How long it takes, in milliseconds. */
  readonly delayMs?: number;
}

/** Bytes to be sent. */
export interface Sent {
  readonly port: number;
  readonly host?: string;
  /** The address to come from. */
  readonly from?: string;
  readonly bytes: string;
  /** What is sent once something has come back. */
  readonly then?: readonly { readonly after: string; readonly bytes: string }[];
}

/** What came back, and how the connection broke if it did. */
export interface Exchanged {
  readonly got: string;
  readonly broke: string;
}
