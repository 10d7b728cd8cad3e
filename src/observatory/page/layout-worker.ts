// Lays graphs out beside the page, so that the page never waits for it.
import { layOut } from "./pure/layout.ts";
import type { LayoutAnswer, LayoutTask } from "./state/layout-client.ts";

addEventListener("message", ({ data }: MessageEvent<LayoutTask>) => {
  const answer: LayoutAnswer = { id: data.id, layout: layOut(data.input) };
  postMessage(answer);
});
