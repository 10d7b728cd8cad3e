// `npm run lab` as a newcomer runs it: its observatory in a real Chromium. With PAGE_PICTURES=FOLDER the README's picture is written there.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { endOf, startLabProcess } from "../../support/lab-process.ts";
import { launch, openPage } from "./open-page.ts";
import { smallPng } from "./small-png.ts";

const FOLDER = process.env.PAGE_PICTURES;
const MOST_BYTES = 150_000;
const SERVICES = ["root", "service-a", "service-b", "service-c", "service-d", "service-e"];

test("the lab's first line leads to its graph and its failing requests", { timeout: 240_000 }, async () => {
  const lab = startLabProcess("--port", "0", "--load", "5");
  const [, url = ""] = await lab.prints(/^observatory: (http:\S+)/);
  const browser = await launch();
  const { page, complaints, foreign } = await openPage(browser, url, {
    colorScheme: "light",
    reducedMotion: "reduce",
    viewport: { width: 1280, height: 760 },
  });
  for (const service of SERVICES) {
    await page
      .getByRole("button", { name: new RegExp(`^${service}\\b`) })
      .first()
      .waitFor({ timeout: 90_000 });
  }
  await page
    .locator(".stack")
    .filter({ hasText: "service-e GET permission-denied" })
    .waitFor({ timeout: 30_000 });
  // For the picture the last minute is to be full.
  if (FOLDER !== undefined) await page.waitForTimeout(60_000);
  const png = smallPng(await page.screenshot({ animations: "disabled" }));
  expect(png.length).toBeLessThan(MOST_BYTES);
  if (FOLDER !== undefined) writeFileSync(join(FOLDER, "lab.png"), png);
  expect([complaints, foreign.filter((one) => !one.startsWith(url))]).toEqual([[], []]);
  await browser.close();
  // The page may have shown all that before the last of the three runs was over.
  await lab.prints(/Ctrl-C/);
  lab.signal("SIGINT");
  expect((await endOf(lab)).exitCode).toBe(0);
});
