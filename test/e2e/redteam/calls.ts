// A call that a service is told to make, and what its program got: plain data, for it goes through a header and back.

/** One call by one client. */
export interface Call {
  readonly client: string;
  /** Scheme, host and port; with a user before the host where a URL has one. */
  readonly origin: string;
  /** As it is to stand in the first line. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly socketPath?: string;
  /** URL of a forward proxy. */
  readonly proxy?: string;
  /** Has the proxy hand on a tunnel, where the client can do both. @default true */
  readonly tunnel?: boolean;
}

/** What the program saw. */
export interface Got {
  readonly status: number;
  /** The response's fields in whatever shape the client gives them. */
  readonly headers?: unknown;
  readonly trailers?: unknown;
  /** What `util.inspect` prints of the response or error, four levels deep. */
  readonly printed: string;
  /** Error that the call ended with. */
  readonly error?: string;
}
