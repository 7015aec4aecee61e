//! The terminal UI on recorded plans: what a person types, and what the screen says then.

mod behaviour;
mod colours;
mod hostile;
mod pages;
mod review;
mod robust;
mod screens;
mod servers;
mod support;
