// Takes the pictures of docs/observatory.md: with PAGE_PICTURES=FOLDER they are written there, without it they are only taken.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Picture } from "../../../src/observatory/graph/picture.ts";
import { FixtureServer } from "./fixture-server.ts";
import { launch, openPage } from "./open-page.ts";
import { largePicture, NOW, shopPicture, smallPicture } from "./pictures.ts";
import { smallPng } from "./small-png.ts";
import { FAILURES, failure } from "./trees.ts";

const FOLDER = process.env.PAGE_PICTURES;
/** A picture in the docs is no larger than that. */
const MOST_BYTES = 150_000;

/** An hour in which something went wrong twice before. */
const EARLIER = [11, 11.4, 12, 12.3, 13, 22, 22.5].map((minutes, i) =>
  failure(10 + i, { time: NOW - minutes * 60_000, represents: 2 + ((i * 5) % 4) }),
);

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

interface Shot {
  readonly nodes: number;
  readonly picture: Picture;
  readonly drawn: number;
}

const SHOTS: readonly Shot[] = [
  { nodes: 3, picture: smallPicture(), drawn: 4 },
  { nodes: 30, picture: shopPicture(), drawn: 31 },
  { nodes: 300, picture: largePicture(300), drawn: 29 },
];

for (const colorScheme of ["light", "dark"] as const) {
  test.each(SHOTS)(`$nodes nodes, ${colorScheme}`, async ({ nodes, picture, drawn }) => {
    const server = new FixtureServer(
      picture,
      nodes === 3 ? [failure(1, { represents: 4 })] : [...FAILURES, ...EARLIER],
    );
    const address = await server.listen();
    const { page, complaints, foreign } = await openPage(browser, "about:blank", {
      colorScheme,
      reducedMotion: "reduce",
      viewport: { width: 1440, height: 900 },
      timezoneId: "UTC",
    });
    // So that ages and times are the same ones each time.
    await page.clock.setFixedTime(NOW + 1_000);
    await page.goto(address);
    await page.locator(".stack").waitFor();
    await expect.poll(() => page.locator(".node").count(), { timeout: 20_000 }).toBe(drawn);
    await page.evaluate("document.fonts.ready");
    const png = smallPng(await page.screenshot({ animations: "disabled" }));
    expect(png.length).toBeLessThan(MOST_BYTES);
    if (FOLDER !== undefined) writeFileSync(join(FOLDER, `observatory-${nodes}-${colorScheme}.png`), png);
    expect([complaints, foreign.filter((url) => !url.startsWith(address))]).toEqual([[], []]);
    await page.close();
    await server.close();
  });
}
