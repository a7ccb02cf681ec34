/** What keys do in an outline of a graph, and what opening a row makes of the list of opened ones. */
import type { Graph, GraphRow } from "./types.ts";

interface Acts { toggle(row: GraphRow): void; select(row: GraphRow): void }

/** Does what a key says, and answers the row that gets the keyboard; `undefined` where the key means nothing here. */
export function outlineKey(event: KeyboardEvent, rows: readonly GraphRow[], { toggle, select }: Acts): { readonly row: GraphRow; readonly moved: boolean } | undefined {
  if (event.ctrlKey || event.metaKey || event.altKey) return undefined;
  const at = rows.findIndex((row) => row.id === (event.target as HTMLElement).dataset["id"]);
  const row = rows[at];
  if (!row) return undefined;
  const group = row.kind === "group";
  let next: GraphRow | undefined;
  switch (event.key) {
    case "ArrowDown": next = rows[at + 1]; break;
    case "ArrowUp": next = rows[at - 1]; break;
    case "Home": next = rows[0]; break;
    case "End": next = rows.at(-1); break;
    case "ArrowRight": if (group && !row.open) toggle(row); else if (group) next = rows[at + 1]; break;
    case "ArrowLeft": if (group && row.open) toggle(row); else next = rows.slice(0, at).reverse().find((r) => r.depth < row.depth); break;
    case "Enter": if (group) toggle(row); else select(row); break;
    case " ": select(row); break;
    default: return undefined;
  }
  event.preventDefault();
  return { row: next ?? row, moved: next !== undefined };
}

/** The list of opened groups after `row` was opened or closed: `-id` closes one that the depth would open. */
export function toggled(graph: Graph, row: GraphRow, open: readonly string[]): string[] {
  const rest = open.filter((id) => id !== row.id && id !== `-${row.id}`);
  // A stack is closed whatever the depth.
  const deep = !row.stack && graph.depth > row.depth + 1;
  return row.open ? (deep ? [...rest, `-${row.id}`] : rest) : deep ? rest : [...rest, row.id];
}
