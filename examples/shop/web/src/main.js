// A list of orders: each row shows its order's total, and says it again where it is clicked.
import { totalOf } from "./selectors.js";

const orders = Array.from({ length: 200 }, (_, n) => ({ id: n + 1, lines: [{ cents: 100 + n, amount: 1 + (n % 3) }] }));
const state = { orders };

const title = document.querySelector("h1");
const body = document.getElementById("orders");
for (const order of orders) {
  const row = body.insertRow();
  row.insertCell().textContent = order.id;
  row.insertCell().textContent = totalOf(state, order.id);
  row.onclick = () => {
    title.textContent = `Order ${order.id}: ${totalOf(state, order.id)}`;
  };
}
