// A page of Next.js that is rendered for each request.
import { pay } from "../../../pay.mjs";

export const dynamic = "force-dynamic";

export default async function Page({ params }) {
  const { id } = await params;
  return <p>{await pay(id)}</p>;
}
