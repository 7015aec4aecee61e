// The page of `perf-look demo`: a list of orders that is slow for three reasons.
//   makeSelectOrder  makes a memoised selector for each of the 1,200 rows, and each depends on all orders,
//                    so that one changed price recomputes them all
//   fitPrices        reads a width after each write, so that the browser lays out the page once a row
//   index.html       has a selector that is tried in full on every element
"use strict";

const ORDERS = 1200;

/** Remembers the last arguments and what came of them. */
function memoise(compute) {
  let lastArguments;
  let lastResult;
  return (...given) => {
    const isSame = lastArguments !== undefined && given.every((value, index) => value === lastArguments[index]);
    if (!isSame) {
      lastResult = compute(...given);
      lastArguments = given;
    }
    return lastResult;
  };
}

/** A memoised selector as the well-known libraries make them, in a few lines. */
function createSelector(dependencies, resultFunc) {
  let recomputations = 0;
  const combine = memoise((...inputs) => {
    recomputations += 1;
    return resultFunc(...inputs);
  });
  const selector = (state) => combine(...dependencies.map((dependency) => dependency(state)));
  return Object.assign(selector, {
    resultFunc,
    dependencies,
    recomputations: () => recomputations,
    resetRecomputations: () => (recomputations = 0),
  });
}

const CUSTOMERS = ["Ada", "Ben", "Chloe", "Dan", "Eve", "Finn", "Grace"];

function order(number) {
  return { number, customer: CUSTOMERS[number % CUSTOMERS.length], cents: 500 + ((number * 37) % 9500), isPaid: number % 3 === 0 };
}

let state = { orders: Array.from({ length: ORDERS }, (_, number) => order(number)), currency: "EUR" };

const selectOrders = (state) => state.orders;
const selectCurrency = (state) => state.currency;

// One selector for the whole page, as it should be.
const selectTotal = createSelector([selectOrders, selectCurrency], (orders, currency) =>
  price(orders.reduce((sum, { cents }) => sum + cents, 0), currency),
);

// One selector a row, as it should not be.
function makeSelectOrder(number) {
  return createSelector([selectOrders, selectCurrency], (orders, currency) => {
    const found = orders.find((candidate) => candidate.number === number);
    return { ...found, price: price(found.cents, currency) };
  });
}

function price(cents, currency) {
  return `${(cents / 100).toFixed(2)} ${currency}`;
}

function makeRow(number) {
  const row = document.createElement("div");
  for (const name of ["number", "customer", "price", "state"]) {
    row.append(Object.assign(document.createElement("span"), { className: name }));
  }
  return { row, selectOrder: makeSelectOrder(number) };
}

const rows = Array.from({ length: ORDERS }, (_, number) => makeRow(number));

function render() {
  document.getElementById("total").textContent = `total ${selectTotal(state)}`;
  for (const { row, selectOrder } of rows) {
    const { number, customer, price, isPaid } = selectOrder(state);
    const texts = [`# ${number}`, customer, price, isPaid ? "paid" : "open"];
    texts.forEach((text, index) => (row.children[index].textContent = text));
    row.className = `order ${isPaid ? "paid" : "open"}`;
  }
}

/** Makes the longer prices narrower, one row after the other. */
function fitPrices() {
  for (const { row } of rows.slice(0, 150)) {
    const cell = row.querySelector(".price");
    cell.style.letterSpacing = "0";
    cell.style.letterSpacing = cell.offsetWidth > row.offsetWidth / 10 ? "-0.2px" : "0";
  }
}

function raiseOnePrice() {
  const orders = state.orders.map((each) => (each.number === 7 ? { ...each, cents: each.cents + 100 } : each));
  state = { ...state, orders };
  render();
  fitPrices();
}

document.getElementById("orders").append(...rows.map(({ row }) => row));
document.getElementById("reprice").addEventListener("click", raiseOnePrice);
document.getElementById("dark").addEventListener("click", () => document.body.classList.toggle("dark"));
render();
fitPrices();
document.body.dataset.ready = "true";
