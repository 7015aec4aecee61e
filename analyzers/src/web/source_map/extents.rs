//! Which part of a built file comes from which source.

use sourcemap::DecodedMap;

use super::{SourceMap, moved, source_name};
use crate::web::place::Position;

impl SourceMap {
    /// Where in the built file each source begins, in order; none where the build made the code itself.
    pub fn extents(&self) -> Vec<(Position, Option<String>)> {
        let mut extents = Vec::new();
        collect(&self.0, (0, 0), &mut extents);
        extents.dedup_by(|after, before| after.1 == before.1);
        extents
    }
}

fn collect(map: &DecodedMap, section: (u32, u32), extents: &mut Vec<(Position, Option<String>)>) {
    let map: &sourcemap::SourceMap = match map {
        DecodedMap::Regular(map) => map,
        DecodedMap::Hermes(map) => map,
        DecodedMap::Index(index) => {
            for within in index.sections() {
                if let Some(map) = within.get_sourcemap() {
                    collect(map, moved(section, within.get_offset()), extents);
                }
            }
            return;
        }
    };
    for token in map.tokens() {
        let (line, column) = moved(section, token.get_dst());
        let source = token.get_source().filter(|source| !source.is_empty()).map(source_name::readable);
        extents.push((Position::from_zero(line, column), source));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_begin_where_their_first_mapping_is() {
        // Two mappings of a.js on the first line, one of b.js in its fifth column, one of nothing on the second.
        let map = r#"{"version":3,"sources":["a.js","b.js"],"names":[],"mappings":"AAAA,EAAA,ECAA;A"}"#;
        let extents = SourceMap::parse(map.as_bytes()).unwrap().extents();
        let found: Vec<_> = extents.iter().map(|(at, source)| format!("{at} {source:?}")).collect();
        assert_eq!(found, ["1:1 Some(\"a.js\")", "1:5 Some(\"b.js\")", "2:1 None"]);
    }
}
