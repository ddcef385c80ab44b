import { ProtocolError, ProtocolErrorCode, type Server } from "@modelcontextprotocol/server";
import { nearest } from "@mtui/core/client";
import { PROMPTS } from "./prompts.ts";

/** As many as one call of `validate` takes. */
const MOST = 500;
/** The letters of one; whether there is such an update is the daemon's to say. */
const RRID = /^S(?:USE)?(?::[A-Za-z0-9._-]{1,64}){3}$/;

/** `prompts/list` and `prompts/get`, for a server that says that it has prompts. */
export function installPrompts(server: Server): void {
  server.setRequestHandler("prompts/list", () => ({ prompts: PROMPTS.map(({ shown }) => shown) }));
  server.setRequestHandler("prompts/get", ({ params }) => {
    const prompt = PROMPTS.find(({ shown }) => shown.name === params.name);
    if (prompt === undefined) throw unknownPrompt(params.name);
    const text = prompt.text(rridsOf(params.arguments?.["rrids"] ?? ""));
    return {
      description: prompt.shown.description ?? "",
      messages: [{ role: "user", content: { type: "text", text } }],
    };
  });
}

/** Names and nothing else: what stands there is said to a model in the person's name. */
function rridsOf(words: string): string[] {
  const rrids = words.split(/[\s,]+/).filter((word) => word !== "");
  if (rrids.length === 0) throw invalid("rrids: which updates? For example SUSE:Maintenance:31337:298765.");
  if (rrids.length > MOST) throw invalid(`rrids: at most ${MOST} at once.`);
  const wrong = rrids.find((rrid) => !RRID.test(rrid));
  if (wrong !== undefined) throw invalid(`rrids: ${JSON.stringify(wrong.slice(0, 80))} is no RRID.`);
  return rrids;
}

function unknownPrompt(name: string): ProtocolError {
  const guess = nearest(
    name,
    PROMPTS.map((prompt) => prompt.shown.name),
  );
  const shown = JSON.stringify(name.slice(0, 80));
  return invalid(`There is no prompt ${shown}.${guess === null ? "" : ` Did you mean ${guess}?`}`);
}

function invalid(message: string): ProtocolError {
  return new ProtocolError(ProtocolErrorCode.InvalidParams, message);
}
