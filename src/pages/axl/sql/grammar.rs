//! What a question says: columns of tables, how these are joined, which rows count, in which order.

use super::Refused;
use super::tables::Table;
use super::tokens::{self, Token};

/// No question needs more tables.
const TABLES: usize = 6;

/// A question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Select {
    /// Whether rows that are alike are told once.
    pub distinct: bool,
    /// No more rows than so many.
    pub first: Option<usize>,
    /// What is told.
    pub told: Told,
    /// The tables, in order.
    pub sources: Vec<Source>,
    /// What must hold of a row, besides what joins its tables.
    pub conditions: Vec<Condition>,
    /// By what rows are put in order.
    pub order: Vec<(Column, Direction)>,
}

/// What is told of rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// How many there are, under a name.
    Count(String),
    /// Columns, under names.
    Columns(Vec<(Column, String)>),
}

/// A table, as a question uses it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Source {
    pub table: Table,
    alias: String,
    pub join: Join,
}

/// How a table is joined to those before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Join {
    /// Rows count that have a partner.
    Inner,
    /// Rows without a partner count, too. The partner is found by these.
    Left(Vec<Condition>),
}

/// A column: of which source, and which of its table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Column {
    pub source: usize,
    pub place: usize,
}

/// What must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Condition {
    /// Two columns are equal.
    Same(Column, Column),
    /// A column is compared with a text.
    Is(Column, Comparison, String),
    /// A column has a value, or has none.
    IsNull(Column, bool),
}

/// How a column is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    Unequal,
    Like,
    NotLike,
}

/// In which direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    Up,
    Down,
}

/// A column as it is written.
struct Name {
    source: Option<String>,
    column: String,
}

/// What is asked for, as it is written.
enum Items {
    All,
    Count(Option<String>),
    Names(Vec<(Name, Option<String>)>),
}

/// Words that are no names of ours.
const KEYWORDS: &[&str] = &[
    "select", "from", "where", "and", "or", "not", "is", "null", "like", "in", "on", "as", "inner",
    "left", "right", "full", "cross", "outer", "join", "order", "by", "asc", "desc", "group",
    "having", "union", "distinct", "exists", "between", "limit", "first", "skip",
];

/// What is offered, for whoever asks for something else.
const OFFERED: &str = "offered is: SELECT [FIRST n] [DISTINCT] columns or COUNT(*) FROM device, enduser, \
                       extensionmobilitydynamic, joined by commas or [LEFT] JOIN … ON, WHERE with =, <>, LIKE, IS [NOT] \
                       NULL and AND, ORDER BY";

impl Select {
    /// Reads a question.
    pub fn read(text: &str) -> Result<Select, Refused> {
        let tokens = tokens::read(text)?;
        let mut reader = Reader {
            tokens: &tokens,
            at: 0,
        };
        let select = reader.select()?;
        match reader.peek() {
            None => Ok(select),
            Some(_) => Err(reader.unclear()),
        }
    }

    /// Under which names columns are told.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let (count, columns) = match &self.told {
            Told::Count(name) => (Some(name.as_str()), &[][..]),
            Told::Columns(columns) => (None, columns.as_slice()),
        };
        let columns = columns.iter().map(|(_, name)| name.as_str());
        count.into_iter().chain(columns)
    }
}

struct Reader<'t> {
    tokens: &'t [Token],
    at: usize,
}

impl Reader<'_> {
    fn select(&mut self) -> Result<Select, Refused> {
        self.need("select")?;
        let first = match self.take("first") {
            true => Some(self.number()?),
            false => None,
        };
        let distinct = self.take("distinct");
        let items = self.items()?;
        self.need("from")?;
        let (sources, mut conditions) = self.sources()?;
        if self.take("where") {
            conditions.extend(self.conditions(&sources)?);
        }
        let mut order = Vec::new();
        if self.take("order") {
            self.need("by")?;
            loop {
                let column = self.ordered(&sources, &items)?;
                let direction = match self.take("desc") {
                    true => Direction::Down,
                    false => Direction::Up,
                };
                self.take("asc");
                order.push((column, direction));
                if !self.sign(",") {
                    break;
                }
            }
        }
        Ok(Select {
            distinct,
            first,
            told: told(&sources, items)?,
            sources,
            conditions,
            order,
        })
    }

    fn items(&mut self) -> Result<Items, Refused> {
        if self.sign("*") {
            return Ok(Items::All);
        }
        if self.take("count") {
            let is_count = self.sign("(") && self.sign("*") && self.sign(")");
            return match is_count {
                true => Ok(Items::Count(self.alias()?)),
                false => Err(self.unclear()),
            };
        }
        let mut names = Vec::new();
        loop {
            names.push((self.name()?, self.alias()?));
            if !self.sign(",") {
                return Ok(Items::Names(names));
            }
        }
    }

    fn sources(&mut self) -> Result<(Vec<Source>, Vec<Condition>), Refused> {
        let mut sources = vec![self.source()?];
        let mut conditions = Vec::new();
        loop {
            if self.sign(",") {
                sources.push(self.source()?);
            } else if let Some(is_left) = self.join()? {
                sources.push(self.source()?);
                self.need("on")?;
                let on = self.conditions(&sources)?;
                match (is_left, sources.last_mut()) {
                    (true, Some(source)) => source.join = Join::Left(on),
                    _ => conditions.extend(on),
                }
            } else {
                return Ok((sources, conditions));
            }
            if sources.len() > TABLES {
                let why = format!("A question is about {TABLES} tables at most");
                return Err(Refused::Unclear(why));
            }
        }
    }

    /// Whether a join follows, and whether it is one that keeps rows without a partner.
    fn join(&mut self) -> Result<Option<bool>, Refused> {
        let is_left = self.take("left");
        let is_marked = if is_left {
            self.take("outer");
            true
        } else {
            self.take("inner")
        };
        match (self.take("join"), is_marked) {
            (true, _) => Ok(Some(is_left)),
            (false, true) => Err(self.unclear()),
            (false, false) => Ok(None),
        }
    }

    fn source(&mut self) -> Result<Source, Refused> {
        let name = self.word()?;
        let table = Table::of(&name).ok_or_else(|| {
            let known: Vec<&str> = Table::ALL.iter().map(|table| table.name()).collect();
            let why = format!(
                "There is no table {name} here; there are {}",
                known.join(", ")
            );
            Refused::Unclear(why)
        })?;
        Ok(Source {
            table,
            alias: self.alias()?.unwrap_or(name),
            join: Join::Inner,
        })
    }

    fn conditions(&mut self, sources: &[Source]) -> Result<Vec<Condition>, Refused> {
        let mut conditions = Vec::new();
        loop {
            match self.sign("(") {
                // Nothing is deeper than its own conjunction, so brackets change nothing.
                true => {
                    conditions.push(self.condition(sources)?);
                    while self.take("and") {
                        conditions.push(self.condition(sources)?);
                    }
                    if !self.sign(")") {
                        return Err(self.unclear());
                    }
                }
                false => conditions.push(self.condition(sources)?),
            }
            if !self.take("and") {
                return Ok(conditions);
            }
        }
    }

    fn condition(&mut self, sources: &[Source]) -> Result<Condition, Refused> {
        if let Some(text) = self.literal() {
            if !self.sign("=") {
                return Err(self.unclear());
            }
            let column = self.column(sources)?;
            return Ok(Condition::Is(column, Comparison::Equal, text));
        }
        let column = self.column(sources)?;
        if self.take("is") {
            let has_none = !self.take("not");
            self.need("null")?;
            return Ok(Condition::IsNull(column, has_none));
        }
        let comparison = if self.sign("=") {
            Comparison::Equal
        } else if self.sign("<>") {
            Comparison::Unequal
        } else {
            let is_not = self.take("not");
            self.need("like")?;
            if is_not {
                Comparison::NotLike
            } else {
                Comparison::Like
            }
        };
        if let Some(text) = self.literal() {
            return Ok(Condition::Is(column, comparison, text));
        }
        match comparison {
            Comparison::Equal => Ok(Condition::Same(column, self.column(sources)?)),
            _ => Err(self.unclear()),
        }
    }

    /// By a column, or by the name under which one is told.
    fn ordered(&mut self, sources: &[Source], items: &Items) -> Result<Column, Refused> {
        let name = self.name()?;
        if let (None, Items::Names(names)) = (&name.source, items) {
            let mut named = names.iter().filter(|(_, alias)| alias.is_some());
            let is_it = |alias: &Option<String>| alias.as_deref() == Some(name.column.as_str());
            if let Some((meant, _)) = named.find(|(_, alias)| is_it(alias)) {
                return resolved(sources, meant);
            }
        }
        resolved(sources, &name)
    }

    fn column(&mut self, sources: &[Source]) -> Result<Column, Refused> {
        let name = self.name()?;
        resolved(sources, &name)
    }

    fn name(&mut self) -> Result<Name, Refused> {
        let first = self.word()?;
        Ok(match self.sign(".") {
            true => Name {
                source: Some(first),
                column: self.word()?,
            },
            false => Name {
                source: None,
                column: first,
            },
        })
    }

    fn alias(&mut self) -> Result<Option<String>, Refused> {
        if self.take("as") {
            return self.word().map(Some);
        }
        match self.peek() {
            Some(Token::Word(word)) if !KEYWORDS.contains(&word.as_str()) => self.word().map(Some),
            _ => Ok(None),
        }
    }

    fn word(&mut self) -> Result<String, Refused> {
        match self.peek() {
            Some(Token::Word(word)) if !KEYWORDS.contains(&word.as_str()) => {
                let word = word.clone();
                self.at += 1;
                Ok(word)
            }
            _ => Err(self.unclear()),
        }
    }

    fn number(&mut self) -> Result<usize, Refused> {
        let number = match self.peek() {
            Some(Token::Number(number)) => number.parse().ok(),
            _ => None,
        };
        let number = number.ok_or_else(|| self.unclear())?;
        self.at += 1;
        Ok(number)
    }

    fn literal(&mut self) -> Option<String> {
        let text = match self.peek()? {
            Token::Text(text) | Token::Number(text) => text.clone(),
            _ => return None,
        };
        self.at += 1;
        Some(text)
    }

    fn take(&mut self, keyword: &str) -> bool {
        let is_it = matches!(self.peek(), Some(Token::Word(word)) if word == keyword);
        self.at += usize::from(is_it);
        is_it
    }

    fn sign(&mut self, sign: &str) -> bool {
        let is_it = matches!(self.peek(), Some(Token::Sign(known)) if *known == sign);
        self.at += usize::from(is_it);
        is_it
    }

    fn need(&mut self, keyword: &str) -> Result<(), Refused> {
        match self.take(keyword) {
            true => Ok(()),
            false => Err(self.unclear()),
        }
    }

    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn unclear(&self) -> Refused {
        let place = match self.peek() {
            Some(token) => format!("at {:?}", super::super::cut(token.shown(), 40)),
            None => "at its end".to_owned(),
        };
        Refused::Unclear(format!(
            "This question is not understood {place}; {OFFERED}"
        ))
    }
}

fn resolved(sources: &[Source], name: &Name) -> Result<Column, Refused> {
    let Name { source, column } = name;
    let mut found = Vec::new();
    for (place, known) in sources.iter().enumerate() {
        if source.as_ref().is_none_or(|source| *source == known.alias) {
            let columns = known.table.columns();
            let column = columns.iter().position(|name| name == column);
            found.extend(column.map(|column| Column {
                source: place,
                place: column,
            }));
        }
    }
    match found.as_slice() {
        [one] => Ok(*one),
        [] => {
            let tables = sources.iter().map(|source| {
                let columns = source.table.columns().join(", ");
                format!("{} has {columns}", source.table.name())
            });
            let mut tables: Vec<String> = tables.collect();
            tables.dedup();
            let why = format!("There is no column {column} here; {}", tables.join("; "));
            Err(Refused::Unclear(why))
        }
        _ => Err(Refused::Unclear(format!(
            "Several tables have a column {column}: say which is meant"
        ))),
    }
}

fn told(sources: &[Source], items: Items) -> Result<Told, Refused> {
    Ok(match items {
        Items::Count(name) => Told::Count(name.unwrap_or_else(|| "count".to_owned())),
        Items::Names(names) => {
            let columns = names.into_iter().map(|(name, alias)| {
                let column = resolved(sources, &name)?;
                Ok((column, alias.unwrap_or(name.column)))
            });
            Told::Columns(columns.collect::<Result<_, Refused>>()?)
        }
        Items::All => {
            let all = sources.iter().enumerate().flat_map(|(source, known)| {
                let columns = known.table.columns().iter().enumerate();
                columns.map(move |(place, name)| (Column { source, place }, (*name).to_owned()))
            });
            Told::Columns(all.collect())
        }
    })
}
