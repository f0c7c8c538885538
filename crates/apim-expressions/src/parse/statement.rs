//! Statements. Razor reads `@{…}` before C# does, and requires braces around every body of a control-flow statement
//! (learn.microsoft.com/aspnet/core/mvc/views/razor; seen as an upload error of a live gateway).

use super::{ParseError, Parser, TokenKind, is_keyword};
use crate::syntax::{
    Block, Catch, Expr, ExprKind, Function, Label, Mode, Parameter, Section, Statement, StatementKind, TypeName,
};

impl Parser<'_> {
    /// Parses statements up to a `}` that does not belong to them, or to the end.
    pub(super) fn statements(&mut self) -> Result<Block, ParseError> {
        let mut statements = Vec::new();
        while !self.is("}") && *self.kind() != TokenKind::End {
            if !self.eat(";") {
                statements.push(self.nested(Self::statement)?);
            }
        }
        Ok(statements)
    }

    pub(super) fn block(&mut self) -> Result<Block, ParseError> {
        self.expect("{")?;
        let statements = self.statements()?;
        self.expect("}")?;
        Ok(statements)
    }

    /// Parses the body of a control-flow statement.
    fn body(&mut self) -> Result<Block, ParseError> {
        if self.is("{") {
            return self.block();
        }
        if self.razor {
            let found = self.written();
            return Err(self.error(format!(
                "Expected a \"{{\" but found a \"{found}\". Block statements must be enclosed in \"{{\" and \"}}\". You \
                 cannot use single-statement control-flow statements in CSHTML pages."
            )));
        }
        Ok(if self.eat(";") { Vec::new() } else { vec![self.nested(Self::statement)?] })
    }

    /// Parses a statement. Each kind has its own function, so that nested statements need little stack.
    fn statement(&mut self) -> Result<Statement, ParseError> {
        let at = self.at();
        let kind = match self.kind() {
            TokenKind::Symbol("{") => self.block().map(StatementKind::Block),
            TokenKind::Name(name) => match &*name.clone() {
                "if" => self.if_statement(),
                "for" => self.for_statement(),
                "foreach" => self.foreach_statement(),
                "while" => self.while_statement(),
                "do" => self.do_statement(),
                "switch" => self.switch_statement(),
                "try" => self.try_statement(),
                "using" => self.using_statement(),
                "lock" => self.lock_statement(),
                "return" => self.optional_value().map(StatementKind::Return),
                "throw" => self.optional_value().map(StatementKind::Throw),
                "break" => self.jump(StatementKind::Break),
                "continue" => self.jump(StatementKind::Continue),
                "const" => self.constants(),
                "goto" => self.goto_statement(),
                word if self.ahead_is(1, ":") && !is_keyword(word) => {
                    let label = std::sync::Arc::from(word);
                    self.advance();
                    self.advance();
                    Ok(StatementKind::Label(label))
                }
                word @ ("checked" | "unchecked") if self.ahead_is(1, "{") => {
                    let checked = word == "checked";
                    self.advance();
                    self.block().map(|body| StatementKind::Checked(checked, body))
                }
                _ => self.declaration_or_expression(),
            },
            _ => self.declaration_or_expression(),
        };
        kind.map(|kind| Statement { at, kind })
    }

    fn constants(&mut self) -> Result<StatementKind, ParseError> {
        self.advance();
        let class = self.type_name()?;
        let declaration = self.declaration(class)?;
        self.expect(";")?;
        Ok(match declaration {
            StatementKind::Declare { class, names } => StatementKind::Constant { class, names },
            other => other,
        })
    }

    /// Parses `goto label;`, `goto case value;` or `goto default;`.
    fn goto_statement(&mut self) -> Result<StatementKind, ParseError> {
        self.advance();
        let kind = if self.eat_word("case") {
            StatementKind::GotoCase(self.expression()?)
        } else if self.eat_word("default") {
            StatementKind::GotoDefault
        } else {
            StatementKind::Goto(self.name()?)
        };
        self.expect(";")?;
        Ok(kind)
    }

    fn while_statement(&mut self) -> Result<StatementKind, ParseError> {
        self.advance();
        Ok(StatementKind::While { condition: self.condition()?, body: self.body()? })
    }

    fn lock_statement(&mut self) -> Result<StatementKind, ParseError> {
        self.advance();
        Ok(StatementKind::Lock { object: self.condition()?, body: self.body()? })
    }

    fn jump(&mut self, kind: StatementKind) -> Result<StatementKind, ParseError> {
        self.advance();
        self.expect(";")?;
        Ok(kind)
    }

    /// Parses the part after `return` or `throw`.
    fn optional_value(&mut self) -> Result<Option<Expr>, ParseError> {
        self.advance();
        let value = if self.is(";") { None } else { Some(self.expression()?) };
        self.expect(";")?;
        Ok(value)
    }

    fn condition(&mut self) -> Result<Expr, ParseError> {
        self.expect("(")?;
        let condition = self.expression()?;
        self.expect(")")?;
        Ok(condition)
    }

    fn declaration_or_expression(&mut self) -> Result<StatementKind, ParseError> {
        if let Some(class) = self.declared_type() {
            if self.ahead_is(1, "<") {
                return Err(self.unsupported("a generic local function is not supported"));
            }
            if self.ahead_is(1, "(") {
                return Ok(StatementKind::Function(self.function(class)?));
            }
            let declaration = self.declaration(class)?;
            self.expect(";")?;
            return Ok(declaration);
        }
        let expression = self.expression()?;
        self.expect(";")?;
        Ok(StatementKind::Evaluate(expression))
    }

    /// Reads the type that begins a declaration, if this is a declaration.
    fn declared_type(&mut self) -> Option<TypeName> {
        let begins =
            self.is("(") || matches!(self.kind(), TokenKind::Name(name) if &**name == "void" || !is_keyword(name));
        if !begins {
            return None;
        }
        self.try_type(|parser| {
            matches!(parser.kind(), TokenKind::Name(name) if !is_keyword(name))
                && ["=", ";", ",", "(", "<"].iter().any(|symbol| parser.ahead_is(1, symbol))
        })
    }

    fn declaration(&mut self, class: TypeName) -> Result<StatementKind, ParseError> {
        let mut names = Vec::new();
        loop {
            let at = self.at();
            let name = self.name()?;
            let value = if self.eat("=") { Some(self.initial_value(&class)?) } else { None };
            names.push((at, name, value));
            if !self.eat(",") {
                return Ok(StatementKind::Declare { class, names });
            }
        }
    }

    /// Parses the part after `=`: a value, or the elements of the declared array.
    fn initial_value(&mut self, class: &TypeName) -> Result<Expr, ParseError> {
        let at = self.at();
        if !self.is("{") {
            return self.expression();
        }
        if class.grid {
            let element = TypeName { grid: false, ..class.clone() };
            let rows = self.rows()?;
            return Ok(Expr { at, kind: ExprKind::NewGrid { element: Some(element), sizes: None, rows } });
        }
        if class.rank == 0 {
            return Err(self.error("Can only use array initializer expressions to assign to array types. Try using a new expression instead."));
        }
        let element = TypeName { rank: class.rank - 1, ..class.clone() };
        let items = self.values()?;
        Ok(Expr { at, kind: ExprKind::NewArray { element: Some(element), size: None, items } })
    }

    fn function(&mut self, returns: TypeName) -> Result<Function, ParseError> {
        let name = self.name()?;
        self.expect("(")?;
        let mut parameters = Vec::new();
        while !self.is(")") {
            let mode = match self.kind() {
                TokenKind::Name(word) => match &**word {
                    "out" => Mode::Out,
                    "ref" => Mode::Ref,
                    "params" => Mode::Params,
                    _ => Mode::Value,
                },
                _ => Mode::Value,
            };
            if mode != Mode::Value {
                self.advance();
            }
            let class = self.type_name()?;
            let name = self.name()?;
            let default = if self.eat("=") { Some(self.expression()?) } else { None };
            parameters.push(Parameter { class, name, mode, default });
            if !self.eat(",") {
                break;
            }
        }
        self.expect(")")?;
        let outer = std::mem::replace(&mut self.razor, false);
        let body = self.function_body(returns.parts.first().is_some_and(|part| &**part == "void"));
        self.razor = outer;
        Ok(Function { returns, name, parameters, body: body? })
    }

    /// Parses `{ … }` or `=> value;`.
    fn function_body(&mut self, void: bool) -> Result<Block, ParseError> {
        if !self.eat("=>") {
            return self.block();
        }
        let value = self.value_or_throw()?;
        self.expect(";")?;
        let at = value.at;
        let value = match value.kind {
            ExprKind::Throw(thrown) => {
                return Ok(vec![Statement { at, kind: StatementKind::Throw(Some(*thrown)) }]);
            }
            kind => Expr { at, kind },
        };
        let kind = if void { StatementKind::Evaluate(value) } else { StatementKind::Return(Some(value)) };
        Ok(vec![Statement { at, kind }])
    }

    fn if_statement(&mut self) -> Result<StatementKind, ParseError> {
        let mut branches = Vec::new();
        let mut otherwise = None;
        loop {
            self.expect_word("if")?;
            branches.push((self.condition()?, self.body()?));
            if !self.eat_word("else") {
                break;
            }
            if !self.is_word("if") {
                otherwise = Some(self.body()?);
                break;
            }
        }
        Ok(StatementKind::If { branches, otherwise })
    }

    fn for_statement(&mut self) -> Result<StatementKind, ParseError> {
        self.advance();
        self.expect("(")?;
        let mut first = Vec::new();
        while !self.is(";") {
            let at = self.at();
            let kind = match self.declared_type() {
                Some(class) => self.declaration(class)?,
                None => StatementKind::Evaluate(self.expression()?),
            };
            first.push(Statement { at, kind });
            if !self.eat(",") {
                break;
            }
        }
        self.expect(";")?;
        let condition = if self.is(";") { None } else { Some(self.expression()?) };
        self.expect(";")?;
        let mut after = Vec::new();
        while !self.is(")") {
            after.push(self.expression()?);
            if !self.eat(",") {
                break;
            }
        }
        self.expect(")")?;
        Ok(StatementKind::For { first, condition, after, body: self.body()? })
    }

    fn foreach_statement(&mut self) -> Result<StatementKind, ParseError> {
        self.advance();
        self.expect("(")?;
        let at = self.at();
        // `foreach (var (a, b) in pairs)` takes each element apart at the start of the body.
        if let Some(variables) = self.deconstruction_before("in") {
            self.expect_word("in")?;
            let source = self.expression()?;
            self.expect(")")?;
            let name: std::sync::Arc<str> = format!("*{at}").into();
            let value = Box::new(Expr { at, kind: ExprKind::Name(name.clone()) });
            let target = Box::new(Expr { at, kind: ExprKind::Deconstruct(variables) });
            let apart = Expr { at, kind: ExprKind::Assign(target, None, value) };
            let mut body = self.body()?;
            body.insert(0, Statement { at, kind: StatementKind::Evaluate(apart) });
            let class = TypeName::plain(at, vec!["var".into()]);
            return Ok(StatementKind::ForEach { class, name, source, body });
        }
        let class = self.type_name()?;
        let name = self.name()?;
        self.expect_word("in")?;
        let source = self.expression()?;
        self.expect(")")?;
        Ok(StatementKind::ForEach { class, name, source, body: self.body()? })
    }

    fn do_statement(&mut self) -> Result<StatementKind, ParseError> {
        self.advance();
        let body = self.body()?;
        self.expect_word("while")?;
        let condition = self.condition()?;
        self.expect(";")?;
        Ok(StatementKind::DoWhile { body, condition })
    }

    fn switch_statement(&mut self) -> Result<StatementKind, ParseError> {
        self.advance();
        let subject = self.condition()?;
        self.expect("{")?;
        let mut sections = Vec::new();
        while !self.is("}") {
            let mut labels = Vec::new();
            while self.is_word("case") || self.is_word("default") {
                let default = self.is_word("default");
                let at = self.at();
                self.advance();
                let pattern = if default { None } else { Some(self.case_pattern()?) };
                let when = if !default && self.eat_word("when") { Some(self.expression()?) } else { None };
                labels.push(Label { at, pattern, when });
                self.expect(":")?;
            }
            if labels.is_empty() {
                return Err(self.unexpected());
            }
            sections.push(Section { labels, body: self.section_body()? });
        }
        self.expect("}")?;
        Ok(StatementKind::Switch { subject, sections })
    }

    fn section_body(&mut self) -> Result<Block, ParseError> {
        let mut body = Vec::new();
        while !self.is("}") && !self.is_word("case") && !self.is_word("default") && *self.kind() != TokenKind::End {
            if !self.eat(";") {
                body.push(self.nested(Self::statement)?);
            }
        }
        Ok(body)
    }

    fn try_statement(&mut self) -> Result<StatementKind, ParseError> {
        self.advance();
        let body = self.body()?;
        let mut catches = Vec::new();
        while self.eat_word("catch") {
            let (mut class, mut name) = (None, None);
            if self.eat("(") {
                class = Some(self.type_name()?);
                name = if self.is(")") { None } else { Some(self.name()?) };
                self.expect(")")?;
            }
            let when = if self.eat_word("when") { Some(self.condition()?) } else { None };
            catches.push(Catch { class, name, when, body: self.body()? });
        }
        let finally = if self.eat_word("finally") { Some(self.body()?) } else { None };
        if catches.is_empty() && finally.is_none() {
            return Err(self.error("Expected catch or finally"));
        }
        Ok(StatementKind::Try { body, catches, finally })
    }

    fn using_statement(&mut self) -> Result<StatementKind, ParseError> {
        self.advance();
        self.expect("(")?;
        let at = self.at();
        let kind = match self.declared_type() {
            Some(class) => self.declaration(class)?,
            None => StatementKind::Evaluate(self.expression()?),
        };
        self.expect(")")?;
        Ok(StatementKind::Using { resource: Box::new(Statement { at, kind }), body: self.body()? })
    }
}
