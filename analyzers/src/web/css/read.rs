//! From a text to a [`Sheet`], in one pass over its tokens.

use std::hash::{DefaultHasher, Hasher};

use cssparser::{
    AtRuleParser, CowRcStr, DeclarationParser, ParseError, ParseErrorKind, Parser, ParserState, QualifiedRuleParser,
    RuleBodyItemParser, RuleBodyParser, SourceLocation, StyleSheetParser, Token,
};

use super::Specificity;
use super::at_rule::{At, Kind, kind};
use super::selector::{Around, DEEPEST, End, Parsed, Reader};
use super::sheet::{Broken, Context, ContextId, Import, Reason, Rule, RuleId, Selector, Sheet, Span, Tally};
use crate::web::place::Position;

/// Reads a whole sheet. No text is rejected: what does not count is in [`Sheet::rejects`].
pub fn read(text: &str) -> Sheet {
    let mut input = Parser::new(text);
    let mut walk = Walk { text, ..Walk::default() };
    walk.sheet.bytes = text.len();
    walk.charset();
    let mut level = Level { walk: &mut walk, body: Body::Sheet };
    let mut rules = StyleSheetParser::new(&mut input, &mut level);
    while let Some(result) = rules.next() {
        if let Err((error, part, at)) = result {
            rules.parser.reject(&error, part, at);
        }
    }
    walk.finish()
}

/// What is known while a sheet is read.
#[derive(Default)]
struct Walk<'t> {
    text: &'t str,
    sheet: Sheet,
    depth: usize,
    rule: Option<RuleId>,
    context: Option<ContextId>,
    /// Of all rules and at-rules around, so that two contexts can be compared.
    around: u64,
    /// How many of the selectors are of rules; the rest are of one that may still turn out to be none.
    kept: usize,
    serialised: String,
    declarations: Vec<u64>,
    media: Vec<u64>,
}

/// What the block is of that is being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Body {
    /// Of no rule, or of an at-rule with rules.
    Sheet,
    Scope,
    /// Declarations and rules in any order.
    Style(Specificity),
    Keyframes,
    /// Declarations and nothing else.
    Descriptors,
}

struct Level<'w, 't> {
    walk: &'w mut Walk<'t>,
    body: Body,
}

/// Selectors that were read, before it is known whether a block follows.
struct Prelude {
    first: u32,
    list: u64,
    most: Specificity,
}

impl Walk<'_> {
    /// The parser passes over `@charset` where it stands first, so it is counted here.
    fn charset(&mut self) {
        let mut input = Parser::new(self.text);
        if let Ok(Token::AtKeyword(name)) = input.next()
            && name.eq_ignore_ascii_case("charset")
        {
            self.count("charset");
        }
    }

    fn count(&mut self, name: &str) {
        match self.sheet.at_rules.get_mut(name) {
            Some(count) => *count += 1,
            None => drop(self.sheet.at_rules.insert(name.to_owned(), 1)),
        }
    }

    fn reject(&mut self, at: &At, start: &ParserState, reason: Reason) {
        let place = position(start.source_location());
        self.sheet.rejects.add(Broken { at: place, span: at.span(start), reason });
    }

    /// Leaves out a block that is too deep.
    fn pass_over(&mut self, input: &mut Parser<'_>) {
        let (at, start) = (position(input.current_source_location()), input.position().byte_index());
        while input.next().is_ok() {}
        let span = Span::new(start..input.position().byte_index());
        self.sheet.rejects.add(Broken { at, span, reason: Reason::Depth });
    }

    fn finish(mut self) -> Sheet {
        self.sheet.selectors.truncate(self.kept);
        let mut written: Vec<u64> = self.sheet.selectors.iter().map(|selector| selector.written).collect();
        self.sheet.unique_selectors = unique(&mut written).unique;
        self.sheet.declarations.tally = unique(&mut self.declarations);
        self.sheet.media = unique(&mut self.media);
        self.sheet
    }
}

impl<'t> Level<'_, 't> {
    /// Reads all that is in a block.
    fn block(&mut self, input: &mut Parser<'t>, body: Body) {
        if self.walk.depth >= DEEPEST {
            return self.walk.pass_over(input);
        }
        self.walk.depth += 1;
        let mut level = Level { walk: &mut *self.walk, body };
        let mut items = RuleBodyParser::new(input, &mut level);
        while let Some(result) = items.next() {
            if let Err((error, part, at)) = result {
                items.parser.reject(&error, part, at);
            }
        }
        self.walk.depth -= 1;
    }

    fn reject(&mut self, error: &ParseError<Reason>, part: &str, at: SourceLocation) {
        let reason = match (&error.kind, self.body) {
            (ParseErrorKind::Custom(Reason::Depth), _) => Reason::Depth,
            (ParseErrorKind::Custom(reason), Body::Sheet | Body::Scope) => *reason,
            (ParseErrorKind::Basic(_), Body::Sheet | Body::Scope | Body::Keyframes) => Reason::Rule,
            (_, Body::Style(_)) => Reason::Declaration,
            (_, Body::Keyframes | Body::Descriptors) => Reason::Descriptor,
        };
        // The parser hands out the part and no offset of it.
        let start = part.as_ptr().addr().saturating_sub(self.walk.text.as_ptr().addr());
        // A rule's part may end with the brace, whose block is passed over, or with the space after it.
        let part = part.trim_ascii_end().trim_end_matches('{').trim_ascii_end();
        let span = Span::new(start..start + part.len());
        self.walk.sheet.rejects.add(Broken { at: position(at), span, reason });
    }

    fn around(&self) -> Around {
        match self.body {
            Body::Style(parent) => Around::Rule(parent),
            Body::Scope => Around::Scope,
            Body::Sheet | Body::Keyframes | Body::Descriptors => Around::Nothing,
        }
    }

    fn style_rule(&mut self, prelude: &Prelude, start: &ParserState, input: &mut Parser<'t>) {
        let walk = &mut *self.walk;
        walk.kept = walk.sheet.selectors.len();
        let id = RuleId(narrow(walk.sheet.rules.len()));
        let brace = input.position().byte_index().saturating_sub(1);
        let begin = start.position().byte_index();
        walk.sheet.rules.push(Rule {
            at: position(start.source_location()),
            span: Span::new(begin..brace),
            brace: narrow(brace),
            selectors: prelude.first..narrow(walk.kept),
            declarations: 0,
            parent: walk.rule,
            context: walk.context,
            list: prelude.list,
            whole: prelude.list,
        });
        let (rule, around) = (walk.rule.replace(id), walk.around);
        walk.around = prelude.list;
        self.block(input, Body::Style(prelude.most));
        (self.walk.rule, self.walk.around) = (rule, around);
        self.close(id, input.position().byte_index());
    }

    /// What is known of a rule only at its end.
    fn close(&mut self, id: RuleId, end: usize) {
        let walk = &mut *self.walk;
        let nests = narrow(walk.sheet.rules.len()) > id.0 + 1;
        let closed = walk.text.as_bytes().get(end) == Some(&b'}');
        let Some(rule) = walk.sheet.rules.get_mut(id.0 as usize) else { return };
        rule.span.end = narrow(end + usize::from(closed));
        walk.sheet.empty_rules += usize::from(rule.declarations == 0 && !nests);
        let (whole, parent) = (rule.whole, rule.parent);
        if let Some(parent) = parent.and_then(|id| walk.sheet.rules.get_mut(id.0 as usize)) {
            parent.whole = mix(parent.whole, whole);
        }
    }

    fn at_rule(&mut self, at: &At, start: &ParserState, body: Body, input: &mut Parser<'t>) {
        let walk = &mut *self.walk;
        let id = ContextId(narrow(walk.sheet.contexts.len()));
        walk.sheet.contexts.push(Context { span: at.span(start), parent: walk.context });
        let (context, around) = (walk.context.replace(id), walk.around);
        walk.around = mix(mix(around, fingerprint(&at.name)), fingerprint(at.prelude.of(walk.text)));
        self.block(input, body);
        (self.walk.context, self.walk.around) = (context, around);
    }

    fn count(&mut self, at: &At) {
        if at.name == "media" {
            self.walk.media.push(fingerprint(at.prelude.of(self.walk.text)));
        }
        self.walk.count(&at.name);
    }
}

impl<'t> QualifiedRuleParser<'t> for Level<'_, 't> {
    type Prelude = Prelude;
    type QualifiedRule = ();
    type Error = Reason;

    fn parse_prelude(&mut self, input: &mut Parser<'t>) -> Parsed<Prelude> {
        let around = self.around();
        let walk = &mut *self.walk;
        walk.sheet.selectors.truncate(walk.kept);
        let mut prelude = Prelude { first: narrow(walk.kept), list: walk.around, most: Specificity::default() };
        if self.body == Body::Keyframes {
            while input.next().is_ok() {}
            return Ok(prelude);
        }
        loop {
            input.skip_whitespace();
            let (start, at) = (input.position().byte_index(), position(input.current_source_location()));
            walk.serialised.clear();
            let mut reader = Reader::new(&mut walk.serialised, around, walk.depth);
            let (score, end, stop) = reader.of_rule(input)?;
            let span = Span::new(start..end);
            let serialised = fingerprint(&walk.serialised);
            let written = span.of(walk.text);
            let written = if written == walk.serialised { serialised } else { fingerprint(written) };
            prelude.list = mix(prelude.list, serialised);
            prelude.most = prelude.most.max(score.specificity);
            walk.sheet.selectors.push(Selector {
                at,
                span,
                specificity: score.specificity,
                complexity: score.complexity,
                rule: RuleId(narrow(walk.sheet.rules.len())),
                serialised,
                written,
            });
            if stop == End::Input {
                return Ok(prelude);
            }
        }
    }

    fn parse_block(&mut self, prelude: Prelude, start: &ParserState, input: &mut Parser<'t>) -> Parsed<()> {
        if self.body == Body::Keyframes {
            self.walk.sheet.keyframes += 1;
            self.block(input, Body::Descriptors);
        } else {
            self.style_rule(&prelude, start, input);
        }
        Ok(())
    }
}

impl<'t> AtRuleParser<'t> for Level<'_, 't> {
    type Prelude = At;
    type AtRule = ();
    type Error = Reason;

    fn parse_prelude(&mut self, name: CowRcStr<'t>, input: &mut Parser<'t>) -> Parsed<At> {
        let name_end = narrow(input.position().byte_index());
        input.skip_whitespace();
        let begin = input.position().byte_index();
        while input.next().is_ok() {}
        let prelude = self.walk.text.get(begin..input.position().byte_index()).unwrap_or_default().trim_ascii_end();
        let prelude = Span::new(begin..begin + prelude.len());
        let name = name.to_ascii_lowercase();
        Ok(At { kind: kind(&name), name, name_end, prelude })
    }

    fn rule_without_block(&mut self, at: At, start: &ParserState) -> Result<(), ()> {
        self.count(&at);
        if at.name == "import" {
            let place = position(start.source_location());
            self.walk.sheet.imports.push(Import { at: place, span: at.prelude });
        }
        match at.kind {
            Kind::Statement | Kind::Layer => {}
            Kind::Unknown => self.walk.reject(&at, start, Reason::AtRule),
            _ => self.walk.reject(&at, start, Reason::NoBlock),
        }
        Ok(())
    }

    fn parse_block(&mut self, at: At, start: &ParserState, input: &mut Parser<'t>) -> Parsed<()> {
        self.count(&at);
        // Declarations may stand in a conditional rule that is nested in a style rule.
        let inner = if matches!(self.body, Body::Style(_) | Body::Scope) { self.body } else { Body::Sheet };
        match at.kind {
            Kind::Rules | Kind::Layer => self.at_rule(&at, start, inner, input),
            Kind::Scope => self.at_rule(&at, start, Body::Scope, input),
            Kind::Keyframes => self.at_rule(&at, start, Body::Keyframes, input),
            Kind::Descriptors => self.block(input, Body::Descriptors),
            Kind::Statement | Kind::Unknown => {
                while input.next().is_ok() {}
                self.walk.reject(&at, start, Reason::AtRule);
            }
        }
        Ok(())
    }
}

impl<'t> DeclarationParser<'t> for Level<'_, 't> {
    type Declaration = ();
    type Error = Reason;

    fn parse_value(&mut self, name: CowRcStr<'t>, input: &mut Parser<'t>, start: &ParserState) -> Parsed<()> {
        let is_custom = name.starts_with("--");
        let value = value(input, is_custom)?;
        let walk = &mut *self.walk;
        let text = walk.text.get(start.position().byte_index()..input.position().byte_index());
        let written = fingerprint(text.unwrap_or_default().trim_ascii_end());
        walk.declarations.push(written);
        walk.sheet.declarations.important += usize::from(value == Importance::Important);
        walk.sheet.declarations.custom += usize::from(is_custom);
        if let (Body::Style(_), Some(rule)) = (self.body, walk.rule)
            && let Some(rule) = walk.sheet.rules.get_mut(rule.0 as usize)
        {
            rule.declarations += 1;
            rule.whole = mix(rule.whole, written);
        }
        Ok(())
    }
}

impl<'t> RuleBodyItemParser<'t, (), Reason> for Level<'_, 't> {
    fn parse_declarations(&self) -> bool {
        matches!(self.body, Body::Style(_) | Body::Descriptors | Body::Scope)
    }

    fn parse_qualified(&self) -> bool {
        self.body != Body::Descriptors
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Importance {
    Normal,
    Important,
}

/// Reads to the end of a declaration's value. A block in it makes it a nested rule, `a:hover {…}`, unless the property
/// is a custom one; it is not read past the brace, or nested rules would be read again at each level.
fn value(input: &mut Parser<'_>, is_custom: bool) -> Parsed<Importance> {
    let mut is_empty = true;
    let mut importance = Importance::Normal;
    while let Ok(token) = input.next() {
        match token {
            Token::Delim('!') => {
                input.expect_ident_matching("important")?;
                input.expect_exhausted()?;
                importance = Importance::Important;
            }
            Token::CurlyBracketBlock if !is_custom => return Err(ParseError::custom(Reason::Declaration)),
            token if token.is_parse_error() => return Err(ParseError::custom(Reason::Declaration)),
            _ => is_empty = false,
        }
    }
    if is_empty && !is_custom { Err(ParseError::custom(Reason::Declaration)) } else { Ok(importance) }
}

fn position(location: SourceLocation) -> Position {
    // Lines are counted from 0, columns from 1.
    Position::from_zero(location.line, location.column.saturating_sub(1))
}

pub(super) fn narrow(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

pub(super) fn fingerprint(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(text.as_bytes());
    hasher.finish()
}

/// Of two fingerprints in this order.
fn mix(first: u64, second: u64) -> u64 {
    (first.rotate_left(5) ^ second).wrapping_mul(0x517c_c1b7_2722_0a95)
}

fn unique(fingerprints: &mut Vec<u64>) -> Tally {
    let total = fingerprints.len();
    fingerprints.sort_unstable();
    fingerprints.dedup();
    Tally { total, unique: fingerprints.len() }
}
