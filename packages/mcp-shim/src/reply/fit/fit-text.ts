import { jsonBytes } from "../json.ts";
import { joinParts, type Part } from "../text/part.ts";

/** A text whose JSON has at most so many bytes; what has to be escaped in JSON counts as it will be. */
export function fitText(parts: readonly Part[], bytes: number): { text: string; omitted: number } {
  let room = bytes - 2;
  let fitted = joinParts(parts, room);
  for (let tries = 0; jsonBytes(fitted.text) > bytes && tries < 6; tries++) {
    room = Math.floor(room * Math.min(0.95, bytes / jsonBytes(fitted.text)));
    fitted = joinParts(parts, room);
  }
  // No byte that is left takes more than two.
  return jsonBytes(fitted.text) <= bytes ? fitted : joinParts(parts, Math.floor(bytes / 2) - 2);
}
