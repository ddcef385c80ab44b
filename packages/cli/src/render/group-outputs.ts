export { groupOutputs, type OutputGroup } from "@mtui/core/text";
