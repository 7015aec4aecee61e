// What the rows ask for.
import { createSelector } from "reselect";

const selectLines = createSelector(
  [(state) => state.orders, (state, id) => id],
  (orders, id) => orders.find((order) => order.id === id).lines,
);

const selectTotal = createSelector([selectLines], (lines) =>
  lines.reduce((sum, line) => sum + line.cents * line.amount, 0),
);

export const totalOf = (state, id) => selectTotal(state, id);
