// Asks the observatory's server.
import type { Failure, Picture, RenderedTree } from "../../graph/picture.ts";
import { parseShown } from "../pure/shown-text.ts";
import type { TimeSpan } from "../pure/view-state.ts";

/** Says in words why there was no answer. `status` is 0 if the server did not answer at all. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

/** Where the token is kept until the tab is closed. */
const TOKEN = "otel-error-tree.token";
/** Characters of the server's reason that are shown. */
const MOST_REASON = 400;

/** Keeps the token that the server wants. */
export function rememberToken(token: string): void {
  sessionStorage.setItem(TOKEN, token);
}

/** The query for a span of time. */
function queryOf(span: TimeSpan): string {
  return "last" in span ? `last=${span.last}` : `from=${span.from}&to=${span.to}`;
}

/** All traffic of a span of time. */
export function fetchPicture(span: TimeSpan, signal: AbortSignal): Promise<Picture> {
  return json<Picture>(`api/picture?${queryOf(span)}`, { init: { signal }, read: parseShown });
}

/** The failing traces that the server keeps, newest first. */
export function fetchFailures(): Promise<readonly Failure[]> {
  return json<readonly Failure[]>("api/failures", { read: parseShown });
}

/** The tree of a failing trace. */
export function fetchTree(traceId: string): Promise<RenderedTree> {
  return json<RenderedTree>(`api/failures/${encodeURIComponent(traceId)}`, { read: JSON.parse });
}

/** Renders a header value or the trace with an id. */
export function renderText(text: string): Promise<RenderedTree> {
  const init = { method: "POST", headers: { "content-type": "text/plain" }, body: text };
  return json<RenderedTree>("api/render", { init, read: JSON.parse });
}

/** The stream of live events. */
export function openLive(span: TimeSpan, signal: AbortSignal): Promise<Response> {
  return request(`api/live?${queryOf(span)}`, { signal, headers: { accept: "text/event-stream" } });
}

interface JsonRequest {
  readonly init?: RequestInit;
  /** A tree has line breaks in it, which stay; all other texts are made visible. */
  readonly read: (text: string) => unknown;
}

async function json<T>(path: string, { init = {}, read }: JsonRequest): Promise<T> {
  const response = await request(path, init);
  try {
    return read(await response.text()) as T;
  } catch {
    throw new ApiError("The server's answer is no JSON.", response.status);
  }
}

/** @throws ApiError if there is no answer, or none that says ok */
async function request(path: string, init: RequestInit): Promise<Response> {
  const token = sessionStorage.getItem(TOKEN);
  const headers = new Headers(init.headers);
  if (token !== null) headers.set("authorization", `Bearer ${token}`);
  let response: Response;
  try {
    response = await fetch(path, { ...init, headers, cache: "no-store" });
  } catch (error) {
    if (init.signal?.aborted === true) throw error;
    throw new ApiError("The server does not answer.", 0);
  }
  if (!response.ok) throw new ApiError(await reasonOf(response), response.status);
  return response;
}

/** What the server says is wrong: `{"error": "…"}`, or text. */
async function reasonOf(response: Response): Promise<string> {
  const text = (await response.text().catch(() => "")).slice(0, MOST_REASON);
  try {
    const { error } = JSON.parse(text) as { error?: unknown };
    if (typeof error === "string") return error;
  } catch {
    // It is no JSON.
  }
  return text === "" ? `The server answers ${response.status}.` : text;
}
