// Starts the page.
import { render } from "preact";
import { Observatory } from "./state/observatory.ts";
import { App } from "./view/app.tsx";

const place = document.getElementById("page");
if (place !== null) {
  const page = new Observatory();
  render(<App page={page} />, place);
  page.start();
}
