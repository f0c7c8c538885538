//! Statements.

use super::{Machine, Outcome};
use crate::{
    problem::Failure,
    program::{Catch, Code, Section, Step},
    types::convert::Conversion,
    value::{Object, Value},
};

/// Where control goes after a statement.
enum Flow {
    Next,
    Break,
    Continue,
    Return(Value),
    Goto(usize),
    /// A jump to a section of the innermost `switch`.
    Section(usize),
}

impl Machine<'_> {
    /// Returns the value that a body of statements returns.
    pub(super) fn block_value(&mut self, steps: &[Step]) -> Outcome {
        match self.steps(steps)? {
            Flow::Return(value) => Ok(value),
            Flow::Next | Flow::Break | Flow::Continue | Flow::Goto(_) | Flow::Section(_) => Ok(Value::Null),
        }
    }

    fn steps(&mut self, steps: &[Step]) -> Result<Flow, Failure> {
        let mut next = 0;
        while let Some(step) = steps.get(next) {
            next += 1;
            match self.step(step)? {
                Flow::Next => {}
                Flow::Goto(label) => {
                    let here = steps.iter().position(|step| matches!(step, Step::Label(known) if *known == label));
                    let Some(here) = here else { return Ok(Flow::Goto(label)) };
                    self.budget.steps(here as u64 + 1)?;
                    next = here;
                }
                other => return Ok(other),
            }
        }
        Ok(Flow::Next)
    }

    fn step(&mut self, step: &Step) -> Result<Flow, Failure> {
        self.budget.enter()?;
        let flow = self.step_inner(step);
        self.budget.leave();
        flow
    }

    fn step_inner(&mut self, step: &Step) -> Result<Flow, Failure> {
        match step {
            Step::Evaluate(code) => {
                self.evaluate(code)?;
                Ok(Flow::Next)
            }
            Step::Set(slot, code) => {
                let value = self.evaluate(code)?;
                self.set_local(*slot, value);
                Ok(Flow::Next)
            }
            Step::If { branches, otherwise } => {
                for (condition, body) in branches {
                    if self.condition(condition)? {
                        return self.steps(body);
                    }
                }
                self.steps(otherwise)
            }
            Step::Loop { first, condition, after, body, body_first } => {
                self.steps(first)?;
                self.repeat(condition.as_ref(), after, body, *body_first)
            }
            Step::ForEach { slot, source, pairs, convert, body } => self.for_each(*slot, source, *pairs, convert, body),
            Step::Switch { subject, sections } => self.switch(subject, sections),
            Step::Try { body, catches, finally } => self.try_catch(body, catches, finally),
            Step::Return(None) => Ok(Flow::Return(Value::Null)),
            Step::Return(Some(code)) => self.evaluate(code).map(Flow::Return),
            Step::Throw(code) => Err(self.thrown(code.as_ref())?),
            Step::Break => Ok(Flow::Break),
            Step::Continue => Ok(Flow::Continue),
            Step::Label(_) => Ok(Flow::Next),
            Step::Goto(label) => Ok(Flow::Goto(*label)),
            Step::GotoSection(section) => Ok(Flow::Section(*section)),
            Step::Block(steps) => self.steps(steps),
        }
    }

    fn repeat(
        &mut self,
        condition: Option<&Code>,
        after: &[Code],
        body: &[Step],
        mut skip_condition: bool,
    ) -> Result<Flow, Failure> {
        loop {
            self.budget.steps(1)?;
            if let Some(condition) = condition
                && !skip_condition
                && !self.condition(condition)?
            {
                return Ok(Flow::Next);
            }
            skip_condition = false;
            match self.steps(body)? {
                Flow::Break => return Ok(Flow::Next),
                other @ (Flow::Return(_) | Flow::Goto(_) | Flow::Section(_)) => return Ok(other),
                Flow::Next | Flow::Continue => {}
            }
            for code in after {
                self.evaluate(code)?;
            }
        }
    }

    fn for_each(
        &mut self,
        slot: usize,
        source: &Code,
        pairs: bool,
        convert: &Conversion,
        body: &[Step],
    ) -> Result<Flow, Failure> {
        let source = self.evaluate(source)?;
        if source.is_null() {
            return Err(Failure::null_reference());
        }
        let items = if pairs { self.member_pairs(&source)? } else { self.items(&source)?.1 };
        let length = self.length(&source);
        for item in items {
            self.budget.steps(1)?;
            let item = self.convert(item, convert)?;
            self.set_local(slot, item);
            match self.steps(body)? {
                Flow::Break => break,
                other @ (Flow::Return(_) | Flow::Goto(_) | Flow::Section(_)) => return Ok(other),
                Flow::Next | Flow::Continue => {}
            }
            if self.length(&source) != length {
                return Err(Failure::invalid_operation(
                    "Collection was modified; enumeration operation may not execute.",
                ));
            }
        }
        Ok(Flow::Next)
    }

    fn switch(&mut self, subject: &Code, sections: &[Section]) -> Result<Flow, Failure> {
        let subject = self.evaluate(subject)?;
        self.budget.steps(sections.len() as u64)?;
        let mut section = match self.chosen(&subject, sections)? {
            Some(section) => section,
            None => return Ok(Flow::Next),
        };
        loop {
            let Some(chosen) = sections.get(section) else { return Ok(Flow::Next) };
            match self.steps(&chosen.body)? {
                Flow::Break => return Ok(Flow::Next),
                Flow::Section(next) => {
                    self.budget.steps(1)?;
                    section = next;
                }
                // The label is in another section, which has the same scope.
                Flow::Goto(label) => {
                    let holds = |section: &Section| {
                        section.body.iter().any(|step| matches!(step, Step::Label(known) if *known == label))
                    };
                    let Some(next) = sections.iter().position(holds) else { return Ok(Flow::Goto(label)) };
                    return self.run_from(&sections[next].body, label);
                }
                other => return Ok(other),
            }
        }
    }

    /// Runs a section from one of its labels on.
    fn run_from(&mut self, body: &[Step], label: usize) -> Result<Flow, Failure> {
        self.budget.steps(body.len() as u64)?;
        let from = body.iter().position(|step| matches!(step, Step::Label(known) if *known == label));
        match self.steps(&body[from.unwrap_or_default()..])? {
            Flow::Break => Ok(Flow::Next),
            Flow::Goto(_) | Flow::Section(_) => {
                Err(Failure::unsupported("more than one `goto` between the sections of a switch"))
            }
            other => Ok(other),
        }
    }

    /// Returns the section that a value leads to.
    fn chosen(&mut self, subject: &Value, sections: &[Section]) -> Result<Option<usize>, Failure> {
        let mut default = None;
        for (at, section) in sections.iter().enumerate() {
            for label in &section.labels {
                let Some(pattern) = &label.pattern else {
                    default = Some(at);
                    continue;
                };
                if !self.matches(pattern, subject) {
                    continue;
                }
                match &label.when {
                    Some(when) if !self.condition(when)? => {}
                    _ => return Ok(Some(at)),
                }
            }
        }
        Ok(default)
    }

    fn try_catch(&mut self, body: &[Step], catches: &[Catch], finally: &[Step]) -> Result<Flow, Failure> {
        let mut outcome = self.steps(body);
        if let Err(Failure::Thrown(exception)) = &outcome {
            let exception = exception.clone();
            for catch in catches {
                if let Some(slot) = catch.slot {
                    self.set_local(slot, Value::object(Object::Exception(exception.clone())));
                }
                // An exception inside `when` counts as false.
                let applies = match catch.when.as_ref().map(|when| self.condition(when)) {
                    None => true,
                    Some(Ok(applies)) => applies,
                    Some(Err(Failure::Thrown(_))) => false,
                    Some(Err(stopped)) => return Err(stopped),
                };
                if applies {
                    self.caught.push(exception);
                    outcome = self.steps(&catch.body);
                    self.caught.pop();
                    break;
                }
            }
        }
        // No part of the program runs after it has exceeded a limit.
        if matches!(outcome, Err(Failure::Stopped(_))) {
            return outcome;
        }
        match self.steps(finally)? {
            Flow::Next => outcome,
            other => Ok(other),
        }
    }

    pub(super) fn thrown(&mut self, code: Option<&Code>) -> Result<Failure, Failure> {
        let Some(code) = code else {
            return Ok(self.caught.last().map_or_else(Failure::null_reference, |e| Failure::Thrown(e.clone())));
        };
        Ok(match self.evaluate(code)?.as_object() {
            Some(Object::Exception(exception)) => Failure::Thrown(exception.clone()),
            _ => Failure::null_reference(),
        })
    }
}
