//! Keys and clicks, as a keyboard and a mouse would send them.

use chromiumoxide::keys::{KeyDefinition, get_key_definition};
use serde_json::{Value, json};

use super::error::BrowserError;
use super::page::Page;

/// The keys that change others, and the bits that the protocol has for them.
const MODIFIERS: &[(&str, u8)] = &[("Alt", 1), ("Control", 2), ("Meta", 4), ("Shift", 8)];

impl Page {
    /// Presses and releases a key, called as in `KeyboardEvent.key`: `a`, `Enter`, `ArrowDown`, `Shift+Tab`.
    pub async fn key(&self, name: &str) -> Result<(), BrowserError> {
        let (modifiers, key) = split(name);
        let definition = get_key_definition(key).ok_or_else(|| BrowserError::Key(name.to_owned()))?;
        for params in strokes(definition, modifiers) {
            self.call("Input.dispatchKeyEvent", params).await?;
        }
        Ok(())
    }

    /// Moves the mouse to a place of the viewport, in CSS pixels.
    pub async fn move_mouse(&self, x: f64, y: f64) -> Result<(), BrowserError> {
        let params = json!({ "type": "mouseMoved", "x": x, "y": y, "button": "none" });
        self.call("Input.dispatchMouseEvent", params).await?;
        Ok(())
    }

    /// Clicks with the left button at a place of the viewport, in CSS pixels.
    pub async fn click(&self, x: f64, y: f64) -> Result<(), BrowserError> {
        self.move_mouse(x, y).await?;
        for kind in ["mousePressed", "mouseReleased"] {
            let params = json!({ "type": kind, "x": x, "y": y, "button": "left", "clickCount": 1 });
            self.call("Input.dispatchMouseEvent", params).await?;
        }
        Ok(())
    }
}

/// Whether a key is called so.
pub(super) fn is_key(name: &str) -> bool {
    get_key_definition(split(name).1).is_some()
}

/// The modifiers before the key. The key itself may be a plus.
fn split(name: &str) -> (u8, &str) {
    let mut rest = name;
    let mut modifiers = 0;
    while let Some((bit, after)) = MODIFIERS.iter().find_map(|(modifier, bit)| {
        let after = rest.strip_prefix(modifier)?.strip_prefix('+')?;
        Some((bit, after))
    }) {
        modifiers |= bit;
        rest = after;
    }
    (modifiers, rest)
}

fn strokes(key: &KeyDefinition, modifiers: u8) -> [Value; 2] {
    // A key that writes nothing is a raw one; with Control, Alt or Meta no key writes.
    let text = match key.key {
        "Enter" => Some("\r"),
        written if written.chars().count() == 1 => key.text.or(Some(written)),
        _ => key.text,
    };
    let text = text.filter(|_| modifiers & !8 == 0);
    let kind = if text.is_some() { "keyDown" } else { "rawKeyDown" };
    let stroke = |kind: &str| {
        json!({ "type": kind, "key": key.key, "code": key.code, "windowsVirtualKeyCode": key.key_code,
                "modifiers": modifiers })
    };
    let mut down = stroke(kind);
    if let Some(text) = text {
        down["text"] = text.into();
    }
    [down, stroke("keyUp")]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modifiers_come_before_the_key() {
        assert_eq!(split("a"), (0, "a"));
        assert_eq!(split("Shift+Tab"), (8, "Tab"));
        assert_eq!(split("Control+Shift++"), (10, "+"));
        assert_eq!(split("Shift"), (0, "Shift"));
    }

    #[test]
    fn a_letter_writes_and_an_arrow_does_not() {
        let stroke = |name| strokes(get_key_definition(name).unwrap(), 0)[0].clone();
        assert_eq!((&stroke("a")["type"], &stroke("a")["text"]), (&json!("keyDown"), &json!("a")));
        assert_eq!((&stroke("ArrowDown")["type"], &stroke("ArrowDown")["text"]), (&json!("rawKeyDown"), &Value::Null));
    }
}
