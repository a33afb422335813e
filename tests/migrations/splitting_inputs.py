"""Texts that are hard to split, with the statements they consist of.

Every text runs on an empty database; § makes its names its own, so that all can run on one.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Input:
    """A text and its statements; `official` is False where the official CLI 2.117.0 cannot apply it."""

    name: str
    text: str
    statements: tuple[str, ...]
    official: bool = True


_ALL: list[Input] = []


def _add(name: str, text: str, *statements: str, official: bool = True) -> None:
    mark = str(len(_ALL))
    _ALL.append(
        Input(name, text.replace("§", mark), tuple(one.replace("§", mark) for one in statements), official=official)
    )


# Semicolons and spaces
_add("nothing", "")
_add("spaces", " \t\r\n\n ")
_add("one without a semicolon", "select 1", "select 1")
_add("one with a semicolon", "select 1;", "select 1")
_add("two on a line", "select 1;select 2;", "select 1", "select 2")
_add("empty statements", ";;select 1;;; ;select 2;;", "select 1", "select 2")
_add("only semicolons", ";\n;;")
_add("a semicolon on its own line", "select 1\n;\nselect 2\n;\n", "select 1", "select 2")
_add("Windows line ends", "select 1;\r\n\r\nselect\r\n  2;\r\n", "select 1", "select\r\n  2")
_add("old Macintosh line ends", "select 1;\rselect 2;\r", "select 1", "select 2")
_add("tabs and form feeds", "\tselect 1;\fselect 2;\f", "select 1", "select 2")
# Comments
_add("a comment before", "-- a\nselect 1;", "-- a\nselect 1")
_add("a comment with a semicolon", "-- a; b\nselect 1;\n-- c; d\nselect 2;", "-- a; b\nselect 1", "-- c; d\nselect 2")
_add("a comment behind", "select 1; -- one\nselect 2;", "select 1", "-- one\nselect 2")
_add("a comment before the semicolon", "select 1 -- one;\n;select 2;", "select 1 -- one;", "select 2")
_add("a last comment", "select 1;\n\n-- the end\n", "select 1", "-- the end")
_add("two last comments", "select 1;\n-- the\n/* end */\n", "select 1", "-- the\n/* end */")
_add("a comment alone", "-- nothing; here\n", "-- nothing; here")
_add("a block comment", "/* a; b */ select 1;", "/* a; b */ select 1")
_add("nested block comments", "/* a /* b; */ c; */select 1;", "/* a /* b; */ c; */select 1")
_add("a quote in a comment", "-- don't\nselect 1; /* don't */ select 2;", "-- don't\nselect 1", "/* don't */ select 2")
_add("a dollar in a comment", "-- $$;\nselect 1; -- $$\n", "-- $$;\nselect 1", "-- $$")
_add("a comment in a statement", "select -- one;\n 1 /* two; */;select 2", "select -- one;\n 1 /* two; */", "select 2")
_add(
    "a comment in a string", "select '-- no'; select '/* no'; select 3;", "select '-- no'", "select '/* no'", "select 3"
)
_add("a minus before a comment", "select 1---1\n;select 2", "select 1---1", "select 2")
# Strings
_add("a semicolon in a string", "select 'a;b';select 2;", "select 'a;b'", "select 2")
_add("a doubled quote", "select 'a'';b';select 2;", "select 'a'';b'", "select 2")
_add("a backslash that is one", r"select 'a\';select 2;", r"select 'a\'", "select 2")
_add("a backslash that escapes", r"select E'a\';b';select 2;", r"select E'a\';b'", "select 2", official=False)
_add("a small e", r"select e'\\';select 2;", r"select e'\\'", "select 2")
_add("a string on two lines", "select 'a'\n';b';select 2;", "select 'a'\n';b'", "select 2")
_add("an empty string", "select '';select 2;", "select ''", "select 2")
_add("bits and bytes", "select B'1', X'1F';select 2;", "select B'1', X'1F'", "select 2")
_add("Unicode escapes", r"select U&'\0061;';select 2;", r"select U&'\0061;'", "select 2")
_add("letters beyond ASCII", "select 'ñ;é';select '漢;字';", "select 'ñ;é'", "select '漢;字'")
_add("beyond the first plane", "select '💊;';select 2;-- 💊", "select '💊;'", "select 2", "-- 💊")
# Identifiers
_add("a semicolon in an identifier", 'select 1 as "a;b";select 2;', 'select 1 as "a;b"', "select 2")
_add("a quote in an identifier", """select 1 as "a'b";select 2;""", """select 1 as "a'b\"""", "select 2")
_add("a doubled identifier quote", 'select 1 as "a"";b";select 2;', 'select 1 as "a"";b"', "select 2")
_add(
    "a dollar in an identifier",
    "select 1 as a$b$;select 2 as c$b$;",
    "select 1 as a$b$",
    "select 2 as c$b$",
    official=False,
)
_add("an identifier beyond ASCII", "select 1 as ñandú;select 2;", "select 1 as ñandú", "select 2")
_add(
    "atomic in an identifier",
    "create table atomic_t§ (id int);select 1;",
    "create table atomic_t§ (id int)",
    "select 1",
)
_add("atomic as an identifier", "create table t§ (atomic int);select 1;", "create table t§ (atomic int)", "select 1")
_add(
    "begin and end as identifiers", 'select 1 as "begin";select 2 as "end";', 'select 1 as "begin"', 'select 2 as "end"'
)
# Dollar quotes
_add("a dollar quote", "select $$a;b$$;select 2;", "select $$a;b$$", "select 2")
_add("a named dollar quote", "select $x$a;$$;b$x$;select 2;", "select $x$a;$$;b$x$", "select 2")
_add("a dollar quote beyond ASCII", "select $é$a;$è$;b$é$;select 2;", "select $é$a;$è$;b$é$", "select 2")
_add("a quote in a dollar quote", "select $$it's;$$;select 2;", "select $$it's;$$", "select 2")
_add("a block", "do $$ begin perform 1; end $$;select 2;", "do $$ begin perform 1; end $$", "select 2")
_add(
    "nested dollar quotes",
    "do $outer$ begin execute $sql$select 1; select 2;$sql$; end $outer$;",
    "do $outer$ begin execute $sql$select 1; select 2;$sql$; end $outer$",
)
_add(
    "a prepared parameter",
    "prepare p§ as select $1::int;deallocate p§;",
    "prepare p§ as select $1::int",
    "deallocate p§",
)
# Bodies
_add(
    "a function in dollars",
    "create function f§() returns int language plpgsql as $$ begin return 1; end; $$;select f§();",
    "create function f§() returns int language plpgsql as $$ begin return 1; end; $$",
    "select f§()",
)
_add(
    "a function in quotes",
    "create function f§() returns int language sql as 'select 1; select 2;';select f§();",
    "create function f§() returns int language sql as 'select 1; select 2;'",
    "select f§()",
)
_add(
    "an atomic body",
    "create function f§() returns int language sql begin atomic select 1; select 2; end;select f§();",
    "create function f§() returns int language sql begin atomic select 1; select 2; end",
    "select f§()",
)
_add(
    "an atomic body with a case",
    "create function f§(a int) returns int language sql begin atomic\n"
    "  select case when a = 1 then 1 else 2 end;\n  select a;\nend;select 2;",
    "create function f§(a int) returns int language sql begin atomic\n"
    "  select case when a = 1 then 1 else 2 end;\n  select a;\nend",
    "select 2",
    official=False,
)
_add(
    "an atomic procedure",
    "create table t§ (id int);create procedure p§() begin atomic insert into t§ values (1); end;call p§();",
    "create table t§ (id int)",
    "create procedure p§() begin atomic insert into t§ values (1); end",
    "call p§()",
)
_add(
    "an atomic body with comments",
    "create function f§() returns int BEGIN ATOMIC\n -- one; two\n select 1; /* end; */\nEND;\n-- after\nselect 2;",
    "create function f§() returns int BEGIN ATOMIC\n -- one; two\n select 1; /* end; */\nEND",
    "-- after\nselect 2",
)
_add(
    "an empty atomic body",
    "create procedure p§() begin atomic end;select 2;",
    "create procedure p§() begin atomic end",
    "select 2",
)
_add(
    "a return instead of a body",
    "create function f§(a int) returns int return a + 1;select f§(1);",
    "create function f§(a int) returns int return a + 1",
    "select f§(1)",
)
_add(
    "a rule with two actions",
    "create table t§ (id int);create rule r as on insert to t§ do also (select 1; select 2);select 3;",
    "create table t§ (id int)",
    "create rule r as on insert to t§ do also (select 1; select 2)",
    "select 3",
)
_add(
    "a schema with elements",
    "create schema s§ create table t (id int) create view v as select id from t;select 1;",
    "create schema s§ create table t (id int) create view v as select id from t",
    "select 1",
)
_add(
    "a trigger",
    "create table t§ (id int);\ncreate function f§() returns trigger language plpgsql as $f$\nbegin\n  return new;\n"
    "end;\n$f$;\ncreate trigger g before insert on t§ for each row execute function f§();",
    "create table t§ (id int)",
    "create function f§() returns trigger language plpgsql as $f$\nbegin\n  return new;\nend;\n$f$",
    "create trigger g before insert on t§ for each row execute function f§()",
)
_add(
    "a policy",
    'create table t§ (id int);create policy "it\'s; a name" on t§ using (true);',
    "create table t§ (id int)",
    'create policy "it\'s; a name" on t§ using (true)',
)
_add(
    "a case outside of a body",
    "select case when true then 1 end;select 2;",
    "select case when true then 1 end",
    "select 2",
)
# Operators and parentheses
_add(
    "operators",
    "select 1 <> 2, '{1}'::int[] @> '{1}';select 2",
    "select 1 <> 2, '{1}'::int[] @> '{1}'",
    "select 2",
)
_add(
    "JSON operators",
    """select '{"a;": 1}'::jsonb #>> '{a}', '[]'::jsonb ?| array['x'];select 2;""",
    """select '{"a;": 1}'::jsonb #>> '{a}', '[]'::jsonb ?| array['x']""",
    "select 2",
)
_add("slices of arrays", "select (array[1,2])[1:2];select 2;", "select (array[1,2])[1:2]", "select 2")
_add("nested parentheses", "select ((1) + (select (2)));select 2;", "select ((1) + (select (2)))", "select 2")
_add("savepoints", "savepoint a;select 1;release a;", "savepoint a", "select 1", "release a", official=False)
_add(
    "lock and alter",
    "create table t§ ();lock table t§;alter table t§ add a int;",
    "create table t§ ()",
    "lock table t§",
    "alter table t§ add a int",
)
_add("a comment between semicolons", "select 1;;-- nobody's\n;select 2;", "select 1", "-- nobody's", "select 2")
_add("a comment like a statement", "select 1;-- select 2\n;select 2;", "select 1", "-- select 2", "select 2")

INPUTS = tuple(_ALL)
