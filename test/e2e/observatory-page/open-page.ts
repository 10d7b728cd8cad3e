// Opens the page in a real Chromium, and notes whatever the browser complains about or asks for.
import { existsSync } from "node:fs";
import { type Browser, chromium, type Page } from "playwright-core";

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** A page, and what happened on it. */
export interface OpenPage {
  readonly page: Page;
  /** Messages on the console, errors, dialogs. */
  readonly complaints: string[];
  /** Addresses of other hosts that were asked for. */
  readonly foreign: string[];
}

/** True if the browser is there. */
export function hasChromium(): boolean {
  return PLACES.some((place) => existsSync(place));
}

/** Starts the browser. */
export function launch(): Promise<Browser> {
  const executablePath = PLACES.find((place) => existsSync(place));
  if (executablePath === undefined)
    throw new Error(`None of ${PLACES.join(", ")} is there: apt-get install chromium`);
  return chromium.launch({ executablePath });
}

/** Opens an address. */
export async function openPage(
  browser: Browser,
  address: string,
  options: Parameters<Browser["newPage"]>[0] = {},
): Promise<OpenPage> {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, ...options });
  const complaints: string[] = [];
  const foreign: string[] = [];
  const host = new URL(address).host;
  page.on("console", (message) => complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("dialog", (dialog) => {
    complaints.push(`dialog ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.protocol !== "data:" && url.host !== host) foreign.push(request.url());
  });
  await page.goto(address);
  return { page, complaints, foreign };
}
