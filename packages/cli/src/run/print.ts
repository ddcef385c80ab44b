import { sanitiseDeep } from "../terminal/sanitise.ts";
import type { View } from "../render/view.ts";
import { type Context, viewOf } from "./context.ts";

/** A result on standard output: as JSON, or as its renderer shows it to people. */
export async function printResult(
  result: unknown,
  options: { context: Context; operation: string } & Pick<View, "shown" | "workspace">,
): Promise<void> {
  const { context, operation, ...told } = options;
  if (context.flags.json) {
    printJson(result, context);
    return;
  }
  const { rendererOf } = await import("../render/index.ts");
  const render = rendererOf(operation);
  const safe = sanitiseDeep(result);
  const lines =
    render === null ? [JSON.stringify(safe, null, 2)] : render(safe, { ...viewOf(context), ...told });
  printLines(lines, context);
}

export function printJson(value: unknown, { io }: Pick<Context, "io">): void {
  io.out.write(`${escapeControls(JSON.stringify(value, null, 2))}\n`);
}

export function printLines(lines: readonly string[], { io }: Pick<Context, "io">): void {
  if (lines.length > 0) io.out.write(`${lines.join("\n")}\n`);
}

/** JSON leaves DEL, C1 controls and reordering marks as they are; a terminal need not see them. */
function escapeControls(json: string): string {
  return json.replace(
    /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
