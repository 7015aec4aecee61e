//! What a source file is called for people: bundlers write addresses of their own and ways out of their output folder.

/// `src/Row.jsx` of `webpack://shop/./src/Row.jsx?1a2b` and of `../../src/Row.jsx`.
///
/// Addresses of the web and paths from the root stay as they are, since nothing says where the project begins.
pub(super) fn readable(source: &str) -> String {
    let source = source.strip_prefix("file://").unwrap_or(source);
    if source.starts_with("http://") || source.starts_with("https://") {
        return source.to_owned();
    }
    let path = without_hash(without_scheme(source));
    let root = if path.starts_with('/') { "/" } else { "" };
    format!("{root}{}", collapsed(path))
}

/// Behind `webpack:///`, `webpack://NAME/`, `turbopack:///[project]/`, `ng:///`, `rollup://`.
fn without_scheme(source: &str) -> &str {
    let Some((scheme, rest)) = source.split_once("://") else { return source };
    if !scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+.-".contains(c)) {
        return source;
    }
    let path = rest.split_once('/').map_or(rest, |(_, path)| path).trim_start_matches('/');
    path.strip_prefix("[project]/").unwrap_or(path)
}

/// Without the `?1a2b` by which webpack tells the parts of a file apart.
fn without_hash(path: &str) -> &str {
    match path.rsplit_once('?') {
        Some((path, hash)) if !hash.is_empty() && hash.chars().all(|c| c.is_ascii_hexdigit()) => path,
        _ => path,
    }
}

/// Without `.`, and with `..` taken back, also where it leads out of the folder in which the map is.
fn collapsed(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::readable;

    #[test]
    fn names_of_bundlers_become_paths_in_the_project() {
        for (source, expected) in [
            ("webpack:///./src/Row.jsx", "src/Row.jsx"),
            ("webpack://shop/./src/Row.vue?1a2b", "src/Row.vue"),
            ("webpack-internal:///./src/Row.jsx", "src/Row.jsx"),
            ("turbopack:///[project]/src/Row.jsx", "src/Row.jsx"),
            ("../../src/Row.jsx", "src/Row.jsx"),
            ("./src/a/../Row.jsx", "src/Row.jsx"),
            (
                "../node_modules/reselect/src/createSelectorCreator.ts",
                "node_modules/reselect/src/createSelectorCreator.ts",
            ),
            ("file:///srv/shop/src/Row.jsx", "/srv/shop/src/Row.jsx"),
            ("https://example.org/src/Row.jsx", "https://example.org/src/Row.jsx"),
            ("webpack/bootstrap", "webpack/bootstrap"),
            ("a?b=c.js", "a?b=c.js"),
        ] {
            assert_eq!(readable(source), expected, "{source}");
        }
    }
}
