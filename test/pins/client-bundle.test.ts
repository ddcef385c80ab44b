import { build } from "esbuild";
import { expect, test } from "vitest";

/** The schema library costs more than the whole start of a client: only the registry may load it. */
async function inputsOf(entry: string): Promise<string[]> {
  const { metafile } = await build({
    stdin: {
      contents: `export * from "${entry}"`,
      resolveDir: `${import.meta.dirname}/../../packages/daemon`,
    },
    bundle: true,
    write: false,
    metafile: true,
    platform: "node",
    format: "esm",
    conditions: ["mtui-source"],
  });
  return Object.keys(metafile.inputs);
}

test.each(["@mtui/core/client", "@mtui/core/protocol"])("%s loads neither zod nor yaml", async (entry) => {
  const inputs = await inputsOf(entry);
  expect(inputs.length).toBeGreaterThan(5);
  expect(inputs.filter((path) => /node_modules\/(zod|yaml|saxes)\//.test(path))).toEqual([]);
});

test("the check sees zod where it is", async () => {
  expect((await inputsOf("@mtui/core/registry")).some((path) => path.includes("node_modules/zod/"))).toBe(
    true,
  );
});
