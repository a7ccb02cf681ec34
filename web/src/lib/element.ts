import { LitElement } from "lit";

/** A custom element in light DOM: one stylesheet, one focus order, one document. */
export class GbElement extends LitElement {
  protected override createRenderRoot(): HTMLElement {
    return this;
  }
}

/** Registers `name` once, however many entries import the file. */
export function define(name: string, element: CustomElementConstructor): void {
  if (!customElements.get(name)) customElements.define(name, element);
}
