//! One selector: how specific and how complex it is, and its text as Chromium writes it.
//!
//! Names are not judged: a pseudo-class that only another browser knows is counted as any other.

use cssparser::{ParseError, Parser, Token, parse_nth, serialize_identifier, serialize_string};

use super::pseudo::{self, Arguments, Grammar, Weight};
use super::{Reason, Specificity};

/// Levels of blocks and functions that are read into; real sheets have fewer than ten. The parser has a limit of its
/// own just above, at which it would lose count of the brackets.
pub(super) const DEEPEST: usize = 64;

pub(super) type Parsed<T> = Result<T, ParseError<Reason>>;

/// Where selectors stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Around {
    /// In no other rule.
    Nothing,
    /// In `@scope`, where they may begin with a combinator.
    Scope,
    /// In a style rule whose most specific selector is this: what `&` stands for, written or not.
    Rule(Specificity),
}

/// What one selector weighs.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Score {
    pub(super) specificity: Specificity,
    pub(super) complexity: u32,
    /// Complexity of all selectors in brackets, at any depth.
    bracketed: u32,
}

/// What stopped a selector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Comma,
    Input,
}

/// Whether a selector may begin with `>`, `+` or `~`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Beginning {
    Compound,
    Combinator,
}

/// Reads selectors and appends them to a text as Chromium serialises them.
pub(super) struct Reader<'a> {
    text: &'a mut String,
    around: Around,
    depth: usize,
    /// Whether the selector has an `&`, at any depth.
    ampersand: bool,
    /// Where the last token ended that is no white space, in bytes of the sheet.
    end: usize,
}

/// How far one selector is read.
#[derive(Default)]
struct State {
    score: Score,
    /// Where its text begins.
    first: usize,
    /// What stands before the next compound.
    combinator: Option<char>,
    compound: Compound,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Compound {
    #[default]
    None,
    /// `*`, which is written only where nothing follows.
    Star,
    /// An element, or the prefix of one.
    Type,
    Begun,
}

impl<'a> Reader<'a> {
    /// `depth` is how many blocks are around the selectors.
    pub(super) fn new(text: &'a mut String, around: Around, depth: usize) -> Self {
        Self { text, around, depth, ampersand: false, end: 0 }
    }

    /// One selector of a rule, up to a comma or the end; where it ends, in bytes; and what stopped it.
    pub(super) fn of_rule(&mut self, input: &mut Parser<'_>) -> Parsed<(Score, usize, End)> {
        let first = self.text.len();
        self.ampersand = false;
        let beginning = if self.around == Around::Nothing { Beginning::Compound } else { Beginning::Combinator };
        let (mut score, end) = self.selector(input, beginning)?;
        if let Around::Rule(parent) = self.around
            && (!self.ampersand || self.text[first..].starts_with(['>', '+', '~']))
        {
            self.text.insert_str(first, "& ");
            score.specificity += parent;
        }
        Ok((score, self.end, end))
    }

    fn selector(&mut self, input: &mut Parser<'_>, beginning: Beginning) -> Parsed<(Score, End)> {
        let mut state = State { first: self.text.len(), ..State::default() };
        let end = loop {
            let Ok(token) = input.next_including_whitespace() else { break End::Input };
            match *token {
                Token::Comma => break End::Comma,
                Token::WhiteSpace(_) => {
                    self.close(&mut state);
                    continue;
                }
                Token::Delim(c @ ('>' | '+' | '~')) => self.combinator(&mut state, c, beginning)?,
                _ => {
                    let token = token.clone();
                    self.simple(&mut state, &token, input)?;
                }
            }
            self.end = input.position().byte_index();
        };
        self.close(&mut state);
        let dangles = matches!(state.combinator, Some('>' | '+' | '~'));
        if dangles || self.text.len() == state.first { invalid() } else { Ok((state.score, end)) }
    }

    /// Ends a compound; what follows, if something does, is below it.
    fn close(&mut self, state: &mut State) {
        if state.compound == Compound::Star {
            self.text.push('*');
        }
        if state.compound != Compound::None {
            state.combinator = Some(' ');
        }
        state.compound = Compound::None;
    }

    fn combinator(&mut self, state: &mut State, combinator: char, beginning: Beginning) -> Parsed<()> {
        self.close(state);
        match state.combinator {
            Some(' ') => {}
            None if beginning == Beginning::Combinator => {}
            _ => return invalid(),
        }
        state.combinator = Some(combinator);
        Ok(())
    }

    /// Begins a compound where none is open, and writes what stands before it.
    fn open(&mut self, state: &mut State) {
        if state.compound == Compound::None
            && let Some(combinator) = state.combinator.take()
        {
            state.score.complexity += 1;
            if combinator == ' ' {
                self.text.push(' ');
            } else {
                let before = if self.text.len() == state.first { "" } else { " " };
                self.text.extend([before, combinator.encode_utf8(&mut [0; 4]), " "]);
            }
        }
        state.compound = Compound::Begun;
    }

    fn simple(&mut self, state: &mut State, token: &Token<'_>, input: &mut Parser<'_>) -> Parsed<()> {
        let starts = state.compound == Compound::None;
        if matches!(token, Token::Ident(_) | Token::Delim('*')) && !starts {
            return invalid();
        }
        if matches!(token, Token::Delim('|')) {
            return self.namespace(state, input);
        }
        self.open(state);
        state.score.complexity += 1;
        match token {
            Token::Ident(name) => {
                state.compound = Compound::Type;
                self.lower(name);
                state.score += Score::new(Specificity::TYPE, prefixed(name));
            }
            Token::Delim('*') => state.compound = Compound::Star,
            Token::IDHash(name) => {
                self.text.push('#');
                self.identifier(name);
                state.score += Score::new(Specificity::ID, 0);
            }
            Token::Delim('.') => {
                let Ok(Token::Ident(name)) = input.next_including_whitespace() else { return invalid() };
                self.text.push('.');
                self.identifier(name);
                state.score += Score::new(Specificity::CLASS, 0);
            }
            Token::Delim('&') => {
                self.ampersand = true;
                self.text.push('&');
                if let Around::Rule(parent) = self.around {
                    state.score.specificity += parent;
                }
            }
            Token::SquareBracketBlock => state.score += self.attribute(input)?,
            Token::Colon => state.score += self.pseudo(input)?,
            _ => return invalid(),
        }
        Ok(())
    }

    /// `|name` after nothing, `*` or a prefix, of which the type or the star has been counted.
    fn namespace(&mut self, state: &mut State, input: &mut Parser<'_>) -> Parsed<()> {
        let before = state.compound;
        if before == Compound::Begun {
            return invalid();
        }
        self.open(state);
        // In Chromium's text `*|a` is `a`, since no default namespace can make a difference.
        if before != Compound::Star {
            self.text.push('|');
        }
        let counted = before == Compound::Type;
        state.score.complexity += u32::from(before == Compound::None);
        match input.next_including_whitespace() {
            Ok(Token::Ident(name)) => {
                self.lower(name);
                state.score.specificity.types += u32::from(!counted);
            }
            Ok(Token::Delim('*')) => {
                if before == Compound::Star {
                    state.compound = Compound::Star;
                } else {
                    self.text.push('*');
                }
                state.score.specificity.types -= u32::from(counted);
            }
            _ => return invalid(),
        }
        Ok(())
    }

    /// The inside of `[…]`, whose bracket has been counted.
    fn attribute(&mut self, input: &mut Parser<'_>) -> Parsed<Score> {
        self.text.push('[');
        let score = input.parse_nested_block(|input| {
            let name = attribute_name(input)?;
            self.lower(&name);
            let mut score = Score::new(Specificity::CLASS, prefixed(&name));
            let operator = match input.next() {
                Err(_) => return Ok(score),
                Ok(Token::Delim('=')) => "=",
                Ok(Token::IncludeMatch) => "~=",
                Ok(Token::DashMatch) => "|=",
                Ok(Token::PrefixMatch) => "^=",
                Ok(Token::SuffixMatch) => "$=",
                Ok(Token::SubstringMatch) => "*=",
                Ok(_) => return invalid(),
            };
            self.text.push_str(operator);
            score.complexity += 1;
            let value = input.expect_ident_or_string()?.clone();
            // Writing to a String cannot fail.
            let _ = serialize_string(&value, self.text);
            if let Ok(Token::Ident(flag)) = input.next() {
                self.text.push(' ');
                self.lower(flag);
            }
            Ok(score)
        })?;
        self.text.push(']');
        Ok(score)
    }

    /// What follows `:`, which has been counted.
    fn pseudo(&mut self, input: &mut Parser<'_>) -> Parsed<Score> {
        let mut token = input.next_including_whitespace()?.clone();
        let is_element = matches!(token, Token::Colon);
        if is_element {
            token = input.next_including_whitespace()?.clone();
        }
        match &token {
            Token::Ident(name) => {
                let is_element = is_element || pseudo::is_old_element(name);
                self.text.push_str(if is_element { "::" } else { ":" });
                self.lower(name);
                let specificity = if is_element { Specificity::TYPE } else { Specificity::CLASS };
                Ok(Score::new(specificity, prefixed(name)))
            }
            Token::Function(name) => {
                self.text.push_str(if is_element { "::" } else { ":" });
                self.lower(name);
                self.text.push('(');
                let arguments = pseudo::arguments(name, is_element);
                let mut score = self.inside(input, arguments)?;
                self.text.push(')');
                score.complexity += prefixed(name);
                Ok(score)
            }
            _ => invalid(),
        }
    }

    fn inside(&mut self, input: &mut Parser<'_>, arguments: Arguments) -> Parsed<Score> {
        if self.depth >= DEEPEST {
            return Err(ParseError::custom(Reason::Depth));
        }
        self.depth += 1;
        let first = self.text.len();
        let mut result = input.parse_nested_block(|input| match arguments {
            Arguments::Selectors(weight, Grammar::Relative) => self.list(input, weight, Beginning::Combinator),
            Arguments::Selectors(weight, _) => self.list(input, weight, Beginning::Compound),
            Arguments::Nth => self.nth(input),
            Arguments::Words(weight) => Ok(self.words(input, weight)),
        });
        self.depth -= 1;
        if result.is_err() && matches!(arguments, Arguments::Selectors(_, Grammar::Forgiving)) {
            // A browser drops what it cannot read in `:is()` and `:where()`, and keeps the rest.
            self.text.truncate(first);
            result = Ok(Score::default());
        }
        result
    }

    /// A list in a function, which counts with its most specific selector.
    fn list(&mut self, input: &mut Parser<'_>, weight: Weight, beginning: Beginning) -> Parsed<Score> {
        let mut all = Score::default();
        let mut end = if input.is_exhausted() { End::Input } else { End::Comma };
        while end == End::Comma {
            let (score, stop) = self.selector(input, beginning)?;
            all.specificity = all.specificity.max(score.specificity);
            all.complexity = all.complexity.saturating_add(score.complexity);
            all.bracketed = all.bracketed.saturating_add(score.complexity).saturating_add(score.bracketed);
            if stop == End::Comma {
                self.text.push_str(", ");
            }
            end = stop;
        }
        all.specificity = weight.of(all.specificity);
        // css-analyzer counts a selector once for each pair of brackets that it is in.
        if weight.is_logical() {
            all.complexity = all.bracketed;
        }
        Ok(all)
    }

    /// `2n+1`, with `of` and a list after it in two of the functions.
    fn nth(&mut self, input: &mut Parser<'_>) -> Parsed<Score> {
        let (step, offset) = parse_nth(input)?;
        pseudo::write_nth(self.text, step, offset);
        if input.try_parse(|input| input.expect_ident_matching("of")).is_err() {
            return Ok(Score::new(Specificity::CLASS, 1));
        }
        self.text.push_str(" of ");
        self.list(input, Weight::Nth, Beginning::Compound)
    }

    /// Words of a language, a part or what nobody knows yet: with one space between them.
    fn words(&mut self, input: &mut Parser<'_>, weight: Weight) -> Score {
        input.skip_whitespace();
        let begin = input.position();
        let mut end = begin;
        while input.next().is_ok() {
            end = input.position();
        }
        let text = input.slice(begin..end);
        for (index, word) in text.split_ascii_whitespace().enumerate() {
            self.text.extend([if index == 0 { "" } else { " " }, word]);
        }
        let specificity = if text == "*" { Specificity::default() } else { weight.of(Specificity::default()) };
        Score::new(specificity, u32::from(!text.is_empty()))
    }

    /// A name that does not depend on case, as HTML sees it.
    fn lower(&mut self, name: &str) {
        let first = self.text.len();
        self.identifier(name);
        if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
            self.text[first..].make_ascii_lowercase();
        }
    }

    fn identifier(&mut self, name: &str) {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-') || !byte.is_ascii();
        let begins = name.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_');
        if begins && name.bytes().all(plain) {
            self.text.push_str(name);
        } else {
            // Writing to a String cannot fail.
            let _ = serialize_identifier(name, self.text);
        }
    }
}

impl Score {
    fn new(specificity: Specificity, complexity: u32) -> Self {
        Self { specificity, complexity, bracketed: 0 }
    }
}

impl std::ops::AddAssign for Score {
    fn add_assign(&mut self, other: Self) {
        self.specificity += other.specificity;
        // What is in brackets doubles at each level.
        self.complexity = self.complexity.saturating_add(other.complexity);
        self.bracketed = self.bracketed.saturating_add(other.bracketed);
    }
}

fn attribute_name(input: &mut Parser<'_>) -> Parsed<String> {
    let mut name = String::new();
    loop {
        match input.next()? {
            Token::Ident(part) => name.push_str(part),
            Token::Delim(part @ ('*' | '|')) => {
                name.push(*part);
                continue;
            }
            _ => return invalid(),
        }
        if input.try_parse(|input| input.expect_delim('|')).is_err() {
            return Ok(name);
        }
        name.push('|');
    }
}

/// 1 for a name with a vendor's prefix, which counts twice.
fn prefixed(name: &str) -> u32 {
    let rest = name.strip_prefix('-').unwrap_or_default();
    u32::from(!rest.starts_with('-') && rest.get(1..).is_some_and(|rest| rest.contains('-')))
}

fn invalid<T>() -> Parsed<T> {
    Err(ParseError::custom(Reason::Selector))
}
