// Draws a component anew only if what it gets has changed.
import { Component, createElement, type FunctionComponent, type VNode } from "preact";

/** As `memo` of preact/compat, which is not loaded for it. */
export function memo<P extends object>(component: FunctionComponent<P>): (props: P) => VNode {
  class Memo extends Component<P> {
    override shouldComponentUpdate(next: Readonly<P>): boolean {
      const before = this.props as Readonly<Record<string, unknown>>;
      return Object.entries(next).some(([name, value]) => before[name] !== value);
    }

    override render(): VNode {
      return createElement(component as FunctionComponent<object>, this.props);
    }
  }
  return Memo as unknown as (props: P) => VNode;
}
