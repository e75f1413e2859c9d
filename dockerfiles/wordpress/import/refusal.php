<?php

declare(strict_types=1);

/** What an import does not take, and what the user does about it. */
final class Refusal extends UnexpectedValueException
{
    public function __construct(string $cause, public readonly string $remedy = '')
    {
        parent::__construct($cause);
    }
}
