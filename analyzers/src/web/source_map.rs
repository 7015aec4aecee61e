//! Source maps: from a place in what the browser loaded to the place in what that was made from.

mod declared;
mod extents;
mod generated;
mod source_name;

pub use generated::Generated;

use sourcemap::{DecodedMap, Token};
use thiserror::Error;

use super::excerpt::Around;
use super::place::{Original, Position};

/// Longer maps are refused; those of the largest applications have some fifty megabytes.
pub const MAX_BYTES: usize = 1 << 29;

/// How many mappings before a place are looked at for the name of its function.
const NEAR: usize = 128;

/// The source map of a script or stylesheet.
#[derive(Debug)]
pub struct SourceMap(DecodedMap);

/// Why a source map is of no use.
#[derive(Debug, Error)]
pub enum SourceMapError {
    /// As a server answers that sends one page for all addresses.
    #[error("the source map is an HTML page: the server has no file at its address, serve the map there")]
    Html,
    /// It is cut short, or something else.
    #[error("the source map cannot be read: {0}; build it again")]
    Broken(String),
    /// A map that maps nothing, as bundlers write them for empty files.
    #[error("the source map maps nothing: build it again with source maps switched on for all steps")]
    Empty,
    /// Larger than [`MAX_BYTES`].
    #[error("the source map has {0} bytes, more than {MAX_BYTES}: split the bundle")]
    TooLarge(usize),
    /// What stands after `sourceMappingURL=data:`.
    #[error("the source map in the file cannot be decoded: {0}; build it again")]
    NoDataUrl(&'static str),
}

impl SourceMap {
    /// Reads a map, also one of sections, with or without a first line against inclusion (`)]}'`).
    pub fn parse(bytes: &[u8]) -> Result<Self, SourceMapError> {
        if bytes.len() > MAX_BYTES {
            return Err(SourceMapError::TooLarge(bytes.len()));
        }
        let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
        if text.starts_with(b"<") {
            return Err(SourceMapError::Html);
        }
        let map = sourcemap::decode_slice(text).map_err(|error| SourceMapError::Broken(reason(&error)))?;
        if maps_something(&map) { Ok(Self(map)) } else { Err(SourceMapError::Empty) }
    }

    /// Reads a map that stands in the file itself, as `data:application/json;base64,…`.
    pub fn from_data_url(url: &str) -> Result<Self, SourceMapError> {
        let url = data_url::DataUrl::process(url).map_err(|_| SourceMapError::NoDataUrl("no data: URL"))?;
        let (bytes, _) = url.decode_to_vec().map_err(|_| SourceMapError::NoDataUrl("not base64"))?;
        Self::parse(&bytes)
    }

    /// The original of a place, without the function there; none where the build made the code itself.
    pub fn resolve(&self, at: Position) -> Option<Original> {
        original(self.find(at)?.token()?)
    }

    /// The original of a place in a function that the browser calls `minified`, with the name that it had.
    ///
    /// The name is none where the map does not know it, as of most functions without one.
    pub fn resolve_function(&self, at: Position, minified: &str, generated: &Generated) -> Option<Original> {
        let found = self.find(at)?;
        let function = found.function(minified, generated).map(str::to_owned);
        Some(Original { function, ..original(found.token()?)? })
    }

    /// The name that the function which begins at a place had in its source; none where the map has no text of that.
    ///
    /// For builds that leave out names that nothing uses, as of `memo(function Row() {})`.
    pub fn name_in_source(&self, begin: Position) -> Option<String> {
        let found = self.find(begin)?;
        let token = found.token()?;
        let (line, column) = moved(found.section, token.get_dst());
        let is_there = Position::from_zero(line, column) == begin;
        let text = token.get_source_view().filter(|_| is_there)?;
        declared::name(text.get_line(token.get_src_line())?, token.get_src_col()).map(str::to_owned)
    }

    /// The lines around the original of a place; none where the map has no text of that.
    pub fn around(&self, at: Position) -> Option<Around<'_>> {
        let found = self.find(at)?;
        let token = found.token()?;
        let text = found.map.get_source_view(token.get_src_id())?;
        let (line, column) = token.get_src();
        let split = split(text.get_line(line)?, column);
        Around::new(Position::from_zero(line, column), split, |line| text.get_line(line))
    }

    fn find(&self, at: Position) -> Option<Found<'_>> {
        find(&self.0, at.line.checked_sub(1)?, at.column.checked_sub(1)?)
    }
}

/// The crate's reasons, in words for people who have built a page.
fn reason(error: &sourcemap::Error) -> String {
    match error {
        sourcemap::Error::BadJson(error) => format!("it is not JSON: {error}"),
        sourcemap::Error::BadSourceReference(id) => format!("it names source {id}, which is not in its list"),
        sourcemap::Error::BadNameReference(id) => format!("it uses name {id}, which is not in its list"),
        error => format!("its mappings are broken: {error}"),
    }
}

fn maps_something(map: &DecodedMap) -> bool {
    match map {
        DecodedMap::Regular(map) => map.get_token_count() > 0,
        DecodedMap::Hermes(map) => map.get_token_count() > 0,
        DecodedMap::Index(index) => index.sections().filter_map(|section| section.get_sourcemap()).any(maps_something),
    }
}

/// The mapping that covers a place.
struct Found<'a> {
    map: &'a sourcemap::SourceMap,
    index: usize,
    /// Line and column, from 0, at which the section of the mapping begins in the generated file.
    section: (u32, u32),
}

/// Not with the crate's own look-up: where a line has no mapping before the place, that answers with one of a line above.
fn find(map: &DecodedMap, line: u32, column: u32) -> Option<Found<'_>> {
    let map: &sourcemap::SourceMap = match map {
        DecodedMap::Regular(map) => map,
        DecodedMap::Hermes(map) => map,
        DecodedMap::Index(index) => {
            let section = index.sections().take_while(|section| section.get_offset() <= (line, column)).last()?;
            let begin = section.get_offset();
            let within = if line == begin.0 { column - begin.1 } else { column };
            let found = find(section.get_sourcemap()?, line - begin.0, within)?;
            return Some(Found { section: moved(begin, found.section), ..found });
        }
    };
    let count = usize::try_from(map.get_token_count()).ok()?;
    let after = first(count, |index| map.get_token(index).is_none_or(|token| token.get_dst() > (line, column)));
    let index = after.checked_sub(1)?;
    (map.get_token(index)?.get_dst_line() == line).then_some(Found { map, index, section: (0, 0) })
}

/// A place within a section that begins at `begin`, as one of the file.
fn moved(begin: (u32, u32), within: (u32, u32)) -> (u32, u32) {
    let column = if within.0 == 0 { begin.1.saturating_add(within.1) } else { within.1 };
    (begin.0.saturating_add(within.0), column)
}

/// The first index that `holds`, which all behind it do too; `count` where none does.
fn first(count: usize, holds: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low
}

impl<'a> Found<'a> {
    fn token(&self) -> Option<Token<'a>> {
        self.map.get_token(self.index)
    }

    /// The name before the build of the nearest function of this minified name that is declared before the place.
    ///
    /// V8 places a function at its parameters, behind its name: `function ME(`, `ME=(`, `class ME{constructor(`.
    fn function(&self, minified: &str, generated: &Generated) -> Option<&'a str> {
        let before = (0..=self.index).rev().take(NEAR);
        let mut declared = before.filter_map(|index| self.map.get_token(index)).filter(|token| {
            let (line, column) = moved(self.section, token.get_dst());
            generated.declares(minified, line, column)
        });
        declared.next()?.get_name().filter(|name| !name.is_empty())
    }
}

/// A line before and from a column, in UTF-16 code units.
fn split(line: &str, column: u32) -> (&str, &str) {
    let mut before = 0;
    let at = line.char_indices().find(|(_, c)| {
        let is_there = before >= column;
        before += if is_there { 0 } else { u32::try_from(c.len_utf16()).unwrap_or(1) };
        is_there
    });
    line.split_at(at.map_or(line.len(), |(byte, _)| byte))
}

fn original(token: Token<'_>) -> Option<Original> {
    let source = token.get_source().filter(|source| !source.is_empty())?;
    let at = Position::from_zero(token.get_src_line(), token.get_src_col());
    Some(Original { source: source_name::readable(source), at, function: None })
}

#[cfg(test)]
mod tests;
