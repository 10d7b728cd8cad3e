// Pictures for many who each look at a time of their own: they wait for each other, and others do not wait for them.
import { expect, it } from "vitest";
import { buildPicture } from "../../../src/observatory/graph/build-picture.ts";
import { Counts } from "../../../src/observatory/graph/counts.ts";
import type { Observatory, Span } from "../../../src/observatory/server/observatory.ts";
import { Pictures } from "../../../src/observatory/server/pictures.ts";
import { START, withObservatory } from "./serving.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Builds pictures that take a while. */
function slow(): { built: Span[]; pictures: Pictures } {
  const built: Span[] = [];
  const picture = (span: Span): never => {
    built.push(span);
    for (const end = performance.now() + 15; performance.now() < end; );
    return { span } as never;
  };
  return { built, pictures: new Pictures({ picture } as Pick<Observatory, "picture">) };
}

it("are built one a turn, and once for all who ask for the same", async () => {
  const { built, pictures } = slow();
  const asked = [1, 2, 1, 3, 1].map((last) => pictures.of({ last }));
  await turn();
  expect(built).toHaveLength(1);
  expect(await Promise.all(asked)).toEqual([1, 2, 1, 3, 1].map((last) => `{"span":{"last":${last}}}`));
  expect(built).toEqual([{ last: 1 }, { last: 2 }, { last: 3 }]);
  await pictures.of({ last: 1 });
  expect(built).toHaveLength(4);
});

it("are refused if very many are waited for, or if one fails, and the next one is built", async () => {
  const { pictures } = slow();
  const asked = Array.from({ length: 101 }, (_, last) =>
    pictures.of({ last }).catch((error: Error) => error.message),
  );
  expect(await asked[100]).toBe("Too many pictures are asked for at once.");
  const broken = new Pictures({
    picture: ({ last }: { last: number }) => {
      if (last === 1) throw new Error("broken");
      return {} as never;
    },
  } as never);
  await expect(broken.of({ last: 1 })).rejects.toThrow("broken");
  expect(await broken.of({ last: 2 })).toBe("{}");
});

it("have a bounded number of edges, and lose no request", () => {
  const counts = new Counts({ windowMs: 10_000 });
  for (let i = 0; i < 6_000; i++) {
    const key = { client: `c${i}`, server: "s", connectionType: "" } as const;
    counts.cell(START + Math.floor(i / 2_000) * 10_000, key, "flow").counts.requests++;
  }
  const doubts = { silent: [], droppedEdges: 0, unreadable: { count: 0 }, outOfTime: 0, notes: [] };
  const picture = buildPicture(counts, { from: START, to: START + 30_000, at: START, doubts });
  expect(picture.edges).toHaveLength(5_001);
  expect(picture.edges.find(({ server }) => server === "other")).toMatchObject({
    client: "other",
    requests: 1_000,
  });
  expect(picture.doubts.notes.join()).toContain("more edges than the 5000");
});

it("come to every browser that looks on, whichever time it looks at", () =>
  withObservatory(async (serving) => {
    const readers: ReadableStreamDefaultReader<string>[] = [];
    for (let i = 0; i < 20; i++) {
      const { body } = await serving.get(`/api/live?last=${100 + (i % 10)}`);
      readers.push((body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream()).getReader());
    }
    const pictures = async (reader: ReadableStreamDefaultReader<string>, most: number): Promise<number> => {
      let text = "";
      while (text.split("event: picture").length <= most) text += (await reader.read()).value;
      return text.split("event: picture").length - 1;
    };
    await Promise.all(readers.map((reader) => pictures(reader, 1)));
    serving.now += 10_000;
    serving.observatory.tick();
    expect(await Promise.all(readers.map((reader) => pictures(reader, 1)))).toEqual(Array(20).fill(1));
    for (const reader of readers) await reader.cancel();
  }));
